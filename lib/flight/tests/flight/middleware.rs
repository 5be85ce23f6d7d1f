//! Middleware on both sides: what it sees, in which order, and what it may change or refuse.

use std::sync::{Arc, Mutex};

use wingbeat::arrow::array::RecordBatch;
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, ClientCallInfo, ClientMiddleware, Code,
    Error, FlightDescriptor, FlightServer, FlightService, HeaderMap, HeaderName, HeaderValue,
    Method, PeerAddr, ReplyStream, Result, Server, ServerCallInfo, ServerMiddleware, Ticket,
    Upload,
};

use crate::support::{OnDrop, ids, soon, start};

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Waits for the end of a call, which the other side may learn a little later.
    async fn take_to_end(&self) -> Vec<String> {
        let ended = |log: &Self| log.0.lock().unwrap().iter().any(|line| line.starts_with("end"));
        soon(async {
            while !ended(self) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        self.take()
    }
}

fn value(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned()
}

fn outcome(outcome: Result<(), &Error>) -> String {
    match outcome {
        Ok(()) => "end OK".to_owned(),
        Err(error) => format!("end {error}"),
    }
}

struct Ours(Log, &'static str);

impl ClientMiddleware for Ours {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        self.0.add(format!("{} send {}", self.1, value(headers, "x-sent")));
        let name = HeaderName::from_static("x-sent");
        headers.insert(name, HeaderValue::from_static(self.1));
    }

    fn received_headers(&mut self, headers: &HeaderMap) {
        self.0.add(format!("{} headers {}", self.1, value(headers, "x-early")));
    }

    fn received_trailers(&mut self, trailers: &HeaderMap) {
        self.0.add(format!("{} trailers {}", self.1, value(trailers, "x-late")));
    }

    fn call_completed(&mut self, result: Result<(), &Error>) {
        self.0.add(format!("{} {}", self.1, outcome(result)));
    }
}

struct Theirs(Log);

impl ServerMiddleware for Theirs {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        self.0.add("send headers");
        headers.insert("x-early", HeaderValue::from_static("1"));
        headers.insert("grpc-status", HeaderValue::from_static("7"));
    }

    fn sending_trailers(&mut self, trailers: &mut HeaderMap) {
        self.0.add(format!("send trailers {}", value(trailers, "x-handler")));
        trailers.insert("x-late", HeaderValue::from_static("2"));
        trailers.insert("grpc-status", HeaderValue::from_static("7"));
    }

    fn call_completed(&mut self, result: Result<(), &Error>) {
        self.0.add(outcome(result));
    }
}

struct Service;

impl FlightService for Service {
    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let endless = std::iter::repeat(ids(0..3));
        let batches: Box<dyn Iterator<Item = RecordBatch> + Send> = match &ticket.ticket[..] {
            b"endless" => Box::new(endless),
            _ => Box::new(endless.take(2)),
        };
        Ok(BatchStream::from_batches(ids(0..3).schema(), batches))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        while upload.next().await?.is_some() {
            upload.ack("").await?;
        }
        Ok(())
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        cx.set_trailer("x-handler", "3")?;
        match action.r#type.as_str() {
            "fail" => Err(Error::already_exists("there")),
            "fail late" => {
                let items = [Ok(ActionResult::new("x")), Err(Error::aborted("late"))];
                Ok(ReplyStream::from_stream(futures_util::stream::iter(items)))
            }
            "panic" => panic!("as asked"),
            "user" => {
                let user = cx.extensions().get::<User>().map_or("nobody", |user| user.0);
                Ok(ReplyStream::once(ActionResult::new(user)))
            }
            _ => Ok(ReplyStream::empty()),
        }
    }
}

#[derive(Clone)]
struct User(&'static str);

/// A client and a server with a log each.
async fn logged() -> (Client, crate::support::Served, Log, Log) {
    let (ours, theirs) = (Log::default(), Log::default());
    let log = theirs.clone();
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let server = server.middleware(move |call: &mut ServerCallInfo<'_>| {
        let peer = matches!(call.peer(), Some(PeerAddr::Tcp(address)) if address.port() != 0);
        log.add(format!("start {} {peer} {}", call.method(), value(call.headers(), "x-sent")));
        Ok(Theirs(log.clone()))
    });
    let served = start(server, Service);
    let (outer, inner) = (ours.clone(), ours.clone());
    let client = served
        .client
        .clone()
        .with_middleware(move |call: &ClientCallInfo<'_>| {
            outer.add(format!("A start {} {}", call.method(), call.address().is_some()));
            Ok(Ours(outer.clone(), "A"))
        })
        .with_middleware(move |_: &ClientCallInfo<'_>| Ok(Ours(inner.clone(), "B")));
    (client, served, ours, theirs)
}

#[tokio::test]
async fn a_call_from_start_to_end() {
    let (client, _served, ours, theirs) = logged().await;
    let stream = client.do_get(Ticket::new("")).await.unwrap();
    assert_eq!(
        ours.take(),
        ["A start DoGet true", "A send -", "B send A", "A headers 1", "B headers 1"]
    );
    assert_eq!(stream.collect_batches().await.unwrap().len(), 2);
    assert_eq!(ours.take(), ["A trailers 2", "B trailers 2", "A end OK", "B end OK"]);
    let expected = ["start DoGet true B", "send headers", "send trailers -", "end OK"];
    assert_eq!(theirs.take_to_end().await, expected);

    let upload = BatchStream::from_batches(ids(0..1).schema(), [ids(0..1)]);
    client.do_put(FlightDescriptor::path(["x"]), upload).finish().await.unwrap();
    assert_eq!(theirs.take_to_end().await.last().unwrap(), "end OK");
    assert_eq!(ours.take().last().unwrap(), "B end OK");
}

#[tokio::test]
async fn a_call_that_fails_before_and_after_its_first_answer() {
    let (client, _served, ours, theirs) = logged().await;
    let error = client.do_action(Action::new("fail", "")).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::AlreadyExists, "there"));
    let end = "ALREADY_EXISTS: there";
    let expected = [
        "start DoAction true B".to_owned(),
        "send headers".to_owned(),
        "send trailers 3".to_owned(),
        format!("end {end}"),
    ];
    assert_eq!(theirs.take_to_end().await, expected);
    let expected = [
        "A trailers 2".to_owned(),
        "B trailers 2".to_owned(),
        format!("A end {end}"),
        format!("B end {end}"),
    ];
    assert_eq!(ours.take()[3..], expected);

    let late = client.do_action(Action::new("fail late", "")).await.unwrap().collect().await;
    assert_eq!(late.unwrap_err().message(), "late");
    assert_eq!(theirs.take_to_end().await.last().unwrap(), "end ABORTED: late");
    assert_eq!(ours.take().last().unwrap(), "B end ABORTED: late");

    client.do_action(Action::new("panic", "")).await.unwrap_err();
    assert!(theirs.take_to_end().await.last().unwrap().starts_with("end INTERNAL"));
    assert!(ours.take().last().unwrap().starts_with("B end INTERNAL"));
}

#[tokio::test]
async fn a_call_that_is_given_up() {
    let (client, _served, ours, theirs) = logged().await;
    let mut stream = client.do_get(Ticket::new("endless")).await.unwrap();
    stream.next_batch().await.unwrap().unwrap();
    ours.take();
    drop(stream);
    let expected = "end CANCELLED: the call was dropped before its end";
    assert_eq!(ours.take(), [format!("A {expected}"), format!("B {expected}")]);
    let end = theirs.take_to_end().await;
    assert_eq!(end[1..], ["send headers", "end CANCELLED: the client gave up the call"]);
}

#[tokio::test]
async fn a_server_middleware_refuses_a_call_and_leaves_things_for_handlers() {
    let log = Log::default();
    let (outer, inner) = (log.clone(), log.clone());
    let server = FlightServer::new(Service)
        .middleware(move |_: &mut ServerCallInfo<'_>| Ok(Theirs(outer.clone())))
        .middleware(move |call: &mut ServerCallInfo<'_>| {
            if call.headers().get("x-user").is_none() {
                return Err(Error::unauthenticated("who are you?"));
            }
            call.extensions_mut().insert(User("ada"));
            Ok(Theirs(inner.clone()))
        });
    let client = server.in_process();
    let action = || Action::new("user", "");
    let error = client.do_action(action()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unauthenticated, "who are you?"));
    assert_eq!(error.metadata()["x-early"], "1");
    let end = "end UNAUTHENTICATED: who are you?";
    assert_eq!(log.take(), ["send headers", "send trailers -", end]);
    // An upload is refused as well, with its data on the way.
    let upload = BatchStream::from_batches(ids(0..1).schema(), std::iter::repeat(ids(0..1)));
    let put = soon(client.do_put(FlightDescriptor::path(["x"]), upload).finish()).await;
    assert_eq!(put.unwrap_err().code(), Code::Unauthenticated);

    let name = HeaderName::from_static("x-user");
    let client = client.with_header(name, HeaderValue::from_static("ada"));
    let results = client.do_action(action()).await.unwrap().collect().await.unwrap();
    assert_eq!(results, [ActionResult::new("ada")]);
}

#[tokio::test]
async fn a_client_middleware_refuses_a_call() {
    let (log, reached) = (Log::default(), Log::default());
    let (outer, seen) = (log.clone(), reached.clone());
    let server = FlightServer::new(Service).middleware(move |_: &mut ServerCallInfo<'_>| {
        seen.add("reached");
        Ok(Theirs(seen.clone()))
    });
    let client = server
        .in_process()
        .with_middleware(move |_: &ClientCallInfo<'_>| Ok(Ours(outer.clone(), "A")))
        .with_middleware(|call: &ClientCallInfo<'_>| match call.method() {
            Method::DoAction => Err(Error::permission_denied("no actions today")),
            _ => Ok(Ours(Log::default(), "B")),
        });
    let error = client.do_action(Action::new("x", "")).await.unwrap_err();
    assert_eq!(error.message(), "no actions today");
    assert_eq!(log.take(), ["A end PERMISSION_DENIED: no actions today"]);
    assert!(reached.take().is_empty());
    client.do_get(Ticket::new("")).await.unwrap();
}

#[tokio::test]
async fn the_handler_is_gone_when_a_call_has_ended() {
    struct Holding(Mutex<Option<OnDrop>>);
    impl FlightService for Holding {
        async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
            let _held = self.0.lock().unwrap().take();
            std::future::pending().await
        }
    }
    struct End(Option<tokio::sync::oneshot::Receiver<()>>, Log);
    impl ServerMiddleware for End {
        fn call_completed(&mut self, _: Result<(), &Error>) {
            let dropped = self.0.as_mut().is_none_or(|dropped| dropped.try_recv().is_ok());
            self.1.add(format!("end {dropped}"));
        }
    }
    let (held, dropped) = OnDrop::new();
    let (log, dropped) = (Log::default(), Mutex::new(Some(dropped)));
    let seen = log.clone();
    let server = FlightServer::new(Holding(Mutex::new(Some(held))));
    let client = server
        .middleware(move |_: &mut ServerCallInfo<'_>| {
            Ok(End(dropped.lock().unwrap().take(), seen.clone()))
        })
        .in_process()
        .with_timeout(std::time::Duration::from_millis(50));
    let error = client.do_get(Ticket::new("")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(log.take_to_end().await, ["end true"]);
}
