//! PollFlightInfo as a long poll: queries in the background of a service, and clients that follow
//! them to their end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use wingbeat::{
    Access, Authorizer, CallContext, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus,
    Client, Code, Error, FlightDescriptor, FlightEndpoint, FlightInfo, FlightServer, FlightService,
    PeerIdentity, Permission, PollInfo, PollQueries, QueryProgress, Refusal, Resource, Result,
    ServerCallInfo, ServerMiddleware, StandardAction, Ticket, Timestamp,
};

use crate::support::{OnDrop, soon};

/// What the work of a query is told to do next.
enum Step {
    Progress(f64),
    Append(&'static str),
    Finish(&'static str),
    Fail,
    Panic,
}

/// A service whose one query does what a test tells it.
struct Told {
    queries: PollQueries,
    steps: Arc<tokio::sync::Mutex<mpsc::Receiver<Step>>>,
    started: AtomicUsize,
    held: Mutex<Option<OnDrop>>,
}

fn endpoint(name: &'static str) -> FlightEndpoint {
    FlightEndpoint::new(Ticket::new(name))
}

fn tickets(info: &FlightInfo) -> Vec<String> {
    let names =
        info.endpoints.iter().map(|endpoint| endpoint.ticket.as_ref().unwrap().ticket.clone());
    names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

async fn work(
    steps: Arc<tokio::sync::Mutex<mpsc::Receiver<Step>>>,
    progress: QueryProgress,
    _held: Option<OnDrop>,
) -> Result<FlightInfo> {
    loop {
        match steps.lock().await.recv().await {
            Some(Step::Progress(done)) => progress.set_progress(done),
            Some(Step::Append(name)) => progress.append(endpoint(name)),
            Some(Step::Finish(name)) => {
                return Ok(FlightInfo::default().with_endpoint(endpoint(name)).with_ordered(true));
            }
            Some(Step::Fail) => return Err(Error::data_loss("a disk is gone")),
            Some(Step::Panic) => panic!("as asked"),
            None => std::future::pending().await,
        }
    }
}

impl FlightService for Told {
    async fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        let (steps, held) = (self.steps.clone(), self.held.lock().unwrap().take());
        let run = |_descriptor, progress| {
            self.started.fetch_add(1, Ordering::Relaxed);
            work(steps, progress, held)
        };
        self.queries.poll(cx, descriptor, run).await
    }

    async fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        self.queries.cancel(cx, &request).await
    }
}

struct Nothing;
impl ServerMiddleware for Nothing {}

/// A client that calls under a name.
fn user(client: &Client, name: &'static str) -> Client {
    let name = wingbeat::HeaderValue::from_static(name);
    client.clone().with_header(wingbeat::HeaderName::from_static("x-user"), name)
}

type Dropped = tokio::sync::oneshot::Receiver<()>;

/// A client, the service's queries, and what tells its work what to do.
fn told(queries: PollQueries) -> (Client, Arc<Told>, mpsc::Sender<Step>, Dropped) {
    let (server, service, tell, dropped) = told_server(queries);
    (server.in_process(), service, tell, dropped)
}

fn told_server(
    queries: PollQueries,
) -> (FlightServer<Arc<Told>>, Arc<Told>, mpsc::Sender<Step>, Dropped) {
    let (tell, steps) = mpsc::channel(16);
    let (held, dropped) = OnDrop::new();
    let steps = Arc::new(tokio::sync::Mutex::new(steps));
    let held = Mutex::new(Some(held));
    let service = Arc::new(Told { queries, steps, started: AtomicUsize::new(0), held });
    let server = FlightServer::new(service.clone())
        .standard_actions([StandardAction::CancelFlightInfo])
        .middleware(|call: &mut ServerCallInfo<'_>| {
            let user = call.headers().get("x-user").and_then(|user| user.to_str().ok());
            if let Some(user) = user.map(PeerIdentity::new) {
                call.extensions_mut().insert(user);
            }
            Ok(Nothing)
        });
    (server, service, tell, dropped)
}

fn heavy() -> FlightDescriptor {
    FlightDescriptor::command("heavy query")
}

async fn tell(to: &mpsc::Sender<Step>, step: Step) {
    to.send(step).await.unwrap_or_else(|_| panic!("the work is gone"));
}

#[tokio::test]
async fn answers_come_when_there_is_something_new() {
    let (client, service, to, _dropped) = told(PollQueries::new());
    let first = client.poll_flight_info(heavy()).await.unwrap();
    assert!(!first.is_complete());
    assert_eq!((first.progress, tickets(first.info.as_ref().unwrap()).len()), (None, 0));
    let left = SystemTime::try_from(first.expiration_time.unwrap()).unwrap();
    let left = left.duration_since(SystemTime::now()).unwrap();
    assert!((55..=60).contains(&left.as_secs()), "{left:?}");

    // Held until the work says something.
    let next = first.flight_descriptor.clone().unwrap();
    let mut held = Box::pin(client.poll_flight_info(next.clone()));
    let wait = tokio::time::timeout(Duration::from_millis(50), &mut held).await;
    assert!(wait.is_err(), "{wait:?}");
    tell(&to, Step::Append("a")).await;
    let second = soon(held).await.unwrap();
    assert_eq!(tickets(second.info.as_ref().unwrap()), ["a"]);
    assert_ne!(second.flight_descriptor, first.flight_descriptor);

    tell(&to, Step::Progress(7.0)).await;
    let third = soon(client.poll_flight_info(second.flight_descriptor.unwrap())).await.unwrap();
    assert_eq!(third.progress, Some(1.0), "what is out of range is brought into it");
    // An older descriptor is answered at once, with what is known.
    let again = soon(client.poll_flight_info(next.clone())).await.unwrap();
    assert_eq!(tickets(again.info.as_ref().unwrap()), ["a"]);
    assert_eq!(again.progress, Some(1.0));

    tell(&to, Step::Finish("b")).await;
    let end = soon(client.poll_flight_info(third.flight_descriptor.unwrap())).await.unwrap();
    let info = end.info.as_ref().unwrap();
    assert_eq!((end.is_complete(), end.progress, end.expiration_time), (true, Some(1.0), None));
    assert_eq!((tickets(info), info.ordered), (vec!["a".to_owned(), "b".to_owned()], true));
    assert_eq!(info.flight_descriptor, Some(heavy()));
    // Nor is the result gone.
    assert_eq!(client.poll_flight_info(next).await.unwrap(), end);
    assert_eq!(service.started.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_fast_query_is_one_call() {
    let (client, _service, to, _dropped) = told(PollQueries::new());
    tell(&to, Step::Append("a")).await;
    tell(&to, Step::Finish("b")).await;
    let info = client.poll_to_end(heavy()).await.unwrap();
    assert_eq!(tickets(&info), ["a", "b"]);
}

#[tokio::test]
async fn endpoints_as_they_appear() {
    let (client, _service, to, _dropped) = told(PollQueries::new());
    let mut polling = client.poll(heavy());
    for name in ["a", "b"] {
        tell(&to, Step::Append(name)).await;
        let found = soon(polling.next_endpoint()).await.unwrap().unwrap();
        assert_eq!(found, endpoint(name));
        assert!(polling.latest().is_some_and(|latest| !latest.is_complete()));
    }
    tell(&to, Step::Append("c")).await;
    tell(&to, Step::Finish("d")).await;
    assert_eq!(soon(polling.next_endpoint()).await.unwrap(), Some(endpoint("c")));
    assert_eq!(soon(polling.next_endpoint()).await.unwrap(), Some(endpoint("d")));
    assert_eq!(soon(polling.next_endpoint()).await.unwrap(), None);
    assert!(polling.latest().is_some_and(PollInfo::is_complete));
    assert_eq!(polling.next().await.unwrap(), None);
}

#[tokio::test]
async fn queries_that_fail_and_panic() {
    for (step, code, text) in [
        (Step::Fail, Code::DataLoss, "a disk is gone"),
        (Step::Panic, Code::Internal, "the query panicked"),
    ] {
        let (client, _service, to, _dropped) = told(PollQueries::new());
        let mut polling = client.poll(heavy());
        polling.next().await.unwrap().unwrap();
        tell(&to, step).await;
        for _ in 0..2 {
            let error = soon(polling.next_endpoint()).await.unwrap_err();
            assert_eq!((error.code(), error.message()), (code, text));
        }
        // The service says it again to whoever asks.
        let next = polling.latest().unwrap().flight_descriptor.clone().unwrap();
        assert_eq!(client.poll_flight_info(next).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn a_query_is_cancelled() {
    let (client, _service, to, dropped) = told(PollQueries::new());
    let mut polling = client.poll(heavy());
    assert_eq!(polling.cancel().await.unwrap_err().code(), Code::FailedPrecondition);
    polling.next().await.unwrap().unwrap();
    tell(&to, Step::Append("a")).await;
    polling.next().await.unwrap().unwrap();
    let next = polling.latest().unwrap().flight_descriptor.clone().unwrap();
    let mut held = Box::pin(client.poll_flight_info(next));
    let wait = tokio::time::timeout(Duration::from_millis(50), &mut held).await;
    assert!(wait.is_err(), "{wait:?}");
    assert_eq!(polling.cancel().await.unwrap().status, CancelStatus::Cancelled);
    assert_eq!(soon(held).await.unwrap_err().code(), Code::Cancelled);
    soon(dropped).await.unwrap();
    assert_eq!(polling.next().await.unwrap_err().code(), Code::NotFound);
    assert_eq!(polling.cancel().await.unwrap_err().code(), Code::NotFound);
    let other = FlightInfo::default().with_descriptor(heavy());
    assert_eq!(client.cancel_flight_info(other).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_query_that_nobody_asks_for_ends() {
    let (client, _service, to, mut dropped) = told(PollQueries::new().with_queries_max(1));
    let first = client.poll_flight_info(heavy()).await.unwrap();
    let error = client.poll_flight_info(heavy()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    // Asking keeps it: nothing changes, and each answer is held for 20 seconds.
    let mut next = first.flight_descriptor.unwrap();
    let began = tokio::time::Instant::now();
    for _ in 0..5 {
        let poll = client.poll_flight_info(next).await.unwrap();
        next = poll.flight_descriptor.unwrap();
    }
    assert!((99..=101).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(dropped.try_recv().is_err());
    let rested = tokio::time::Instant::now();
    dropped.await.unwrap();
    assert!((60..=61).contains(&rested.elapsed().as_secs()), "{:?}", rested.elapsed());
    assert_eq!(client.poll_flight_info(next).await.unwrap_err().code(), Code::NotFound);
    // There is room again.
    drop(to);
    client.poll_flight_info(heavy()).await.unwrap();
}

#[tokio::test]
async fn a_service_that_is_gone_takes_its_queries_with_it() {
    let (client, service, _to, dropped) = told(PollQueries::new());
    client.poll_flight_info(heavy()).await.unwrap();
    drop((client, service));
    soon(dropped).await.unwrap();
}

#[tokio::test]
async fn a_query_is_its_starters() {
    let (client, _service, _to, _dropped) = told(PollQueries::new());
    let user = |name| user(&client, name);
    let poll = user("ada").poll_flight_info(heavy()).await.unwrap();
    for thief in [user("bob"), client.clone()] {
        let error = thief.poll_flight_info(poll.flight_descriptor.clone().unwrap()).await;
        assert_eq!(error.unwrap_err().code(), Code::NotFound);
        let error = thief.cancel_flight_info(poll.info.clone().unwrap()).await;
        assert_eq!(error.unwrap_err().code(), Code::NotFound);
    }
    let info = poll.info.unwrap();
    assert_eq!(user("ada").cancel_flight_info(info).await.unwrap().status, CancelStatus::Cancelled);
}

#[tokio::test]
async fn one_caller_leaves_room_for_others() {
    let queries = PollQueries::new().with_queries_max(3).with_caller_queries_max(1);
    let (client, _service, _to, _dropped) = told(queries);
    let begin = async |name| user(&client, name).poll_flight_info(heavy()).await;
    let first = begin("ada").await.unwrap();
    for _ in 0..3 {
        let error = begin("ada").await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    }
    begin("bob").await.unwrap();
    user(&client, "ada").cancel_flight_info(first.info.unwrap()).await.unwrap();
    begin("ada").await.unwrap();
    begin("eve").await.unwrap();
    let error = begin("olga").await.unwrap_err();
    assert!(error.message().starts_with("there are 3 queries"), "{error}");
}

/// Lets everybody do everything, but what is said about this descriptor while it is told so.
struct Withdrawn(Arc<AtomicBool>, FlightDescriptor);

impl Authorizer for Withdrawn {
    async fn authorize(&self, access: &Access<'_>) -> Result<(), Refusal> {
        let is_it = matches!(access.resource(), Resource::Descriptor(it) if *it == self.1);
        match is_it && access.permission() == Permission::Read && self.0.load(Ordering::Relaxed) {
            true => Err(Refusal::new("no longer")),
            false => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_right_that_is_withdrawn_ends_polling_and_cancelling() {
    let is_withdrawn = Arc::new(AtomicBool::new(false));
    let (server, _service, to, _dropped) = told_server(PollQueries::new());
    let client = server.authorizer(Withdrawn(is_withdrawn.clone(), heavy())).in_process();
    let poll = client.poll_flight_info(heavy()).await.unwrap();
    let next = poll.flight_descriptor.unwrap();
    tell(&to, Step::Append("secret")).await;
    is_withdrawn.store(true, Ordering::Relaxed);
    let error = soon(client.poll_flight_info(next.clone())).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    let info = poll.info.unwrap();
    let error = client.cancel_flight_info(info.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    is_withdrawn.store(false, Ordering::Relaxed);
    let again = soon(client.poll_flight_info(next)).await.unwrap();
    assert_eq!(tickets(&again.info.unwrap()), ["secret"]);
    assert_eq!(client.cancel_flight_info(info).await.unwrap().status, CancelStatus::Cancelled);
}

/// Answers with one after the other, whatever is asked.
struct Script(Mutex<Vec<Result<PollInfo>>>, Arc<Mutex<Vec<FlightDescriptor>>>);

impl FlightService for Script {
    async fn poll_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        self.1.lock().unwrap().push(descriptor);
        self.0.lock().unwrap().pop().unwrap()
    }
}

fn script(answers: Vec<Result<PollInfo>>) -> (Client, Arc<Mutex<Vec<FlightDescriptor>>>) {
    let asked: Arc<Mutex<Vec<FlightDescriptor>>> = Arc::default();
    let answers = answers.into_iter().rev().collect();
    (Client::in_process(Script(Mutex::new(answers), asked.clone())), asked)
}

fn running(names: &[&'static str], next: &'static str) -> PollInfo {
    let info =
        names.iter().fold(FlightInfo::default(), |info, name| info.with_endpoint(endpoint(name)));
    PollInfo::running(info, FlightDescriptor::command(next))
}

fn complete(names: &[&'static str]) -> PollInfo {
    PollInfo::complete(running(names, "").info.unwrap())
}

/// Begins a query, and then has no time for it.
struct Hurried(AtomicUsize);

impl FlightService for Hurried {
    async fn poll_flight_info(
        &self,
        _cx: &CallContext,
        _descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(running(&[], "next")),
            _ => Err(Error::deadline_exceeded("no time")),
        }
    }
}

#[tokio::test]
async fn a_server_that_gives_up_at_once_is_not_asked_again_at_once() {
    let service = Arc::new(Hurried(AtomicUsize::new(0)));
    let mut polling = Client::in_process(service.clone()).poll(heavy());
    let asking = async { while polling.next_endpoint().await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    let asked = service.0.load(Ordering::Relaxed);
    assert!((3..=12).contains(&asked), "asked {asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_query_is_asked_for_again_after_what_may_pass() {
    let (client, asked) = script(vec![
        Ok(running(&["a"], "1")),
        Err(Error::unavailable("restarting")),
        Err(Error::deadline_exceeded("slow")),
        Ok(running(&["a"], "2")),
        Ok(complete(&["a", "b"])),
    ]);
    assert_eq!(tickets(&client.poll_to_end(heavy()).await.unwrap()), ["a", "b"]);
    let expected = ["heavy query", "1", "1", "1", "2"].map(FlightDescriptor::command);
    assert_eq!(*asked.lock().unwrap(), expected);

    // But it is started once, and other errors are the end of it.
    for answers in [
        vec![Err(Error::unavailable("x"))],
        vec![Ok(running(&[], "1")), Err(Error::aborted("x"))],
        vec![
            Ok(running(&[], "1").with_expiration_time(Timestamp { seconds: 1, nanos: 0 })),
            Err(Error::unavailable("x")),
        ],
    ] {
        let (client, _asked) = script(answers);
        assert_eq!(client.poll_to_end(heavy()).await.unwrap_err().message(), "x");
    }
    let down = vec![Ok(running(&[], "1"))].into_iter();
    let down = down.chain(vec![Err(Error::unavailable("down")); 6]).collect();
    let (client, asked) = script(down);
    assert_eq!(client.poll_to_end(heavy()).await.unwrap_err().message(), "down");
    assert_eq!(asked.lock().unwrap().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_new_is_asked_less_and_less() {
    let same = (0..8).map(|_| Ok(running(&["a"], "1")));
    let (client, _asked) = script(same.chain([Ok(complete(&["a"]))]).collect());
    let began = tokio::time::Instant::now();
    client.poll_to_end(heavy()).await.unwrap();
    // 50 ms, 100 ms, and so on up to 2 s.
    let rested = began.elapsed();
    assert!((5_000..6_000).contains(&rested.as_millis()), "{rested:?}");
}

#[tokio::test]
async fn a_result_that_shrinks_is_an_error() {
    for second in [running(&["a"], "2"), complete(&["a", "c"])] {
        let (client, _asked) = script(vec![Ok(running(&["a", "b"], "1")), Ok(second)]);
        let mut polling = client.poll(heavy());
        polling.next().await.unwrap().unwrap();
        for _ in 0..2 {
            assert_eq!(polling.next().await.unwrap_err().code(), Code::Internal);
        }
    }
    let (client, _asked) = script(vec![Ok(PollInfo::default())]);
    assert_eq!(client.poll_to_end(heavy()).await.unwrap_err().code(), Code::Internal);
}
