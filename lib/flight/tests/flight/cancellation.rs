//! Panics, deadlines, callers that go away, and shutdown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use http::HeaderValue;
use tokio::sync::oneshot;
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Code, Error, FlightDescriptor, FlightService,
    Origin, ReplyStream, Result, Server, Ticket, Upload,
};

use crate::support::{OnDrop, ids, soon, start, tcp};

/// Hands each call a guard, whose drop a test can wait for, and never ends by itself.
#[derive(Default)]
struct Endless {
    guard: Mutex<Option<OnDrop>>,
    cancelled: Mutex<Option<oneshot::Sender<()>>>,
    started: tokio::sync::Notify,
}

impl Endless {
    fn watched() -> (Arc<Self>, oneshot::Receiver<()>, oneshot::Receiver<()>) {
        let (guard, dropped) = OnDrop::new();
        let (tx, cancelled) = oneshot::channel();
        let this = Self {
            guard: Mutex::new(Some(guard)),
            cancelled: Mutex::new(Some(tx)),
            started: tokio::sync::Notify::new(),
        };
        (Arc::new(this), dropped, cancelled)
    }

    /// Waits outside of the call for its cancellation.
    fn watch(&self, cx: &CallContext) {
        let (cx, tx) = (cx.clone(), self.cancelled.lock().unwrap().take());
        tokio::spawn(async move {
            cx.cancelled().await;
            assert!(cx.is_cancelled());
            cx.finished().await;
            let _ = tx.map(|tx| tx.send(()));
        });
        self.started.notify_one();
    }
}

impl FlightService for Endless {
    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let guard = self.guard.lock().unwrap().take();
        self.watch(cx);
        match &ticket.ticket[..] {
            b"panic" => panic!("a handler that panics"),
            b"panic later" => {
                let batches = (0..2).map(|i| match i {
                    0 => ids(0..1),
                    _ => panic!("a stream that panics"),
                });
                Ok(BatchStream::from_batches(ids(0..1).schema(), batches))
            }
            b"handler" => {
                let _guard = guard;
                std::future::pending().await
            }
            _ => {
                let chunks = stream::unfold(guard, async |guard| {
                    Some((Ok::<_, Error>(ids(0..1000)), guard))
                });
                Ok(BatchStream::from_stream(ids(0..1).schema(), chunks))
            }
        }
    }

    async fn do_put(&self, cx: &CallContext, mut upload: Upload) -> Result<()> {
        let _guard = self.guard.lock().unwrap().take();
        self.watch(cx);
        while upload.next().await?.is_some() {}
        Ok(())
    }

    async fn do_action(
        &self,
        _cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        if action.r#type == "panic" {
            panic!("an action that panics");
        }
        Ok(ReplyStream::once(ActionResult::new("pong")))
    }
}

#[tokio::test]
async fn a_panic_ends_its_own_call_only() {
    let client = tcp(Endless::default()).await;
    let mut other = client.do_get(Ticket::new("endless")).await.unwrap();
    for ticket in ["panic", "panic later"] {
        let error = match client.do_get(Ticket::new(ticket)).await {
            Ok(stream) => stream.collect_batches().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.code(), error.origin()), (Code::Internal, Origin::Peer));
        assert!(!error.message().contains("that panics"), "{error}");
    }
    let error = client.do_action(Action::new("panic", "")).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    // The same connection, and a stream that was there before.
    assert!(soon(other.next_batch()).await.unwrap().is_some());
    let pong = client.do_action(Action::new("ping", "")).await.unwrap().collect().await.unwrap();
    assert_eq!(pong, [ActionResult::new("pong")]);
}

#[tokio::test]
async fn a_dropped_stream_cancels_the_call() {
    let (service, dropped, cancelled) = Endless::watched();
    let client = tcp(service).await;
    let mut stream = client.do_get(Ticket::new("endless")).await.unwrap();
    assert!(soon(stream.next_batch()).await.unwrap().is_some());
    drop(stream);
    soon(dropped).await.unwrap();
    soon(cancelled).await.unwrap();
}

#[tokio::test]
async fn a_dropped_future_cancels_the_handler() {
    let (service, dropped, cancelled) = Endless::watched();
    let client = tcp(service.clone()).await;
    let call = tokio::spawn({
        let client = client.client.clone();
        async move { client.do_get(Ticket::new("handler")).await.map(drop) }
    });
    soon(service.started.notified()).await;
    call.abort();
    soon(dropped).await.unwrap();
    soon(cancelled).await.unwrap();
}

#[tokio::test]
async fn a_dropped_upload_cancels_the_handler() {
    let (service, dropped, cancelled) = Endless::watched();
    let client = tcp(service.clone()).await;
    let (_sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let results = client.do_put(FlightDescriptor::path(["x"]), stream);
    soon(service.started.notified()).await;
    drop(results);
    // The handler may see the error before it is dropped; the call is over either way.
    soon(dropped).await.unwrap();
    drop(cancelled);
}

#[tokio::test]
async fn a_lost_connection_cancels_the_call() {
    let (service, dropped, cancelled) = Endless::watched();
    let served = tcp(service.clone()).await;
    // A client whose runtime ends takes its connection along.
    let address = served.address().unwrap().to_string();
    let waited = service.clone();
    let gone = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = wingbeat::Client::new(address).unwrap();
            let call =
                tokio::spawn(async move { client.do_get(Ticket::new("handler")).await.map(drop) });
            waited.started.notified().await;
            drop(call);
        });
    });
    soon(dropped).await.unwrap();
    soon(cancelled).await.unwrap();
    gone.join().unwrap();
}

#[tokio::test]
async fn the_client_gives_up_at_its_deadline() {
    let (service, dropped, cancelled) = Endless::watched();
    let served = tcp(service).await;
    let client = served.client.clone().with_timeout(Duration::from_millis(200));
    let error = soon(client.do_get(Ticket::new("handler"))).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    soon(dropped).await.unwrap();
    soon(cancelled).await.unwrap();
    // A stream that is read for ever is ended as well.
    let mut stream = soon(client.do_get(Ticket::new("endless"))).await.unwrap();
    let error = soon(async {
        loop {
            if let Err(error) = stream.next_batch().await {
                return error;
            }
        }
    })
    .await;
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

/// The server has the deadline, and the client does not know.
#[tokio::test]
async fn the_server_keeps_the_deadline_too() {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let hurry = tower::util::MapRequestLayer::new(|mut request: http::Request<wingbeat::Body>| {
        request.headers_mut().insert("grpc-timeout", HeaderValue::from_static("100m"));
        request
    });
    let (service, dropped, cancelled) = Endless::watched();
    let client = start(server.layer(hurry), service);
    let error = soon(client.do_get(Ticket::new("handler"))).await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::DeadlineExceeded, Origin::Peer));
    soon(dropped).await.unwrap();
    soon(cancelled).await.unwrap();
    let mut stream = soon(client.do_get(Ticket::new("endless"))).await.unwrap();
    let error = soon(async {
        loop {
            if let Err(error) = stream.next_batch().await {
                return error;
            }
        }
    })
    .await;
    assert_eq!((error.code(), error.origin()), (Code::DeadlineExceeded, Origin::Peer));
}

#[tokio::test]
async fn shutdown_lets_running_calls_finish() {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let client = wingbeat::Client::new(server.local_addr().to_string()).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or(()) };
    let serving = tokio::spawn(server.serve_with_shutdown(Endless::default(), shutdown));
    let (mut sender, stream) = BatchStream::channel(ids(0..1).schema(), 1);
    let results = client.do_put(FlightDescriptor::path(["x"]), stream);
    sender.send(ids(0..1)).await.unwrap();
    sender.send(ids(0..1)).await.unwrap();
    stop.send(()).unwrap();
    sender.send(ids(0..1)).await.unwrap();
    sender.finish();
    soon(results.finish()).await.unwrap();
    soon(serving).await.unwrap().unwrap();
    let error = client.list_actions().await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}
