//! Signals to a running client: the call is reset and nothing is left behind.

use std::sync::Arc;

use rustix::process::Signal;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wingbeat::{BatchStream, CallContext, Error, FlightService, Result, Ticket};

use super::support::{
    BIRDS_CSV, Foreign, OpenUpload, Server, batch, files_below, start, until, wingbeat,
};

/// A flight that sends one batch and then nothing more; it tells when its reader has gone.
struct Endless(UnboundedSender<()>);

/// Tells when it is dropped.
struct Guard(UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl FlightService for Endless {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        let guard = Arc::new(Guard(self.0.clone()));
        let first = batch(0, 10);
        let schema = first.schema();
        let batches = futures_util::stream::unfold(Some(first), move |next| {
            let _held = guard.clone();
            async move {
                match next {
                    Some(batch) => Some((Ok::<_, Error>(batch), None)),
                    None => std::future::pending().await,
                }
            }
        });
        Ok(BatchStream::from_stream(schema, Box::pin(batches)))
    }
}

fn endless() -> (Foreign, UnboundedReceiver<()>) {
    let (sender, gone) = unbounded_channel();
    (Foreign::start(Endless(sender)), gone)
}

#[test]
fn an_interrupted_get_removes_its_file_and_ends_the_call() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (server, mut gone) = endless();
        let out = tempfile::tempdir().unwrap();
        let target = out.path().join("x.csv");
        let target = target.to_str().unwrap();
        let get = start(["get", &server.url(""), "--ticket", "t", "-o", target]);
        until(|| files_below(out.path()).len() == 1);
        get.signal(signal);
        get.end().fails(code, &["interrupted"]);
        assert!(files_below(out.path()).is_empty());
        gone.blocking_recv().unwrap();
    }
}

#[test]
fn an_interrupted_put_leaves_nothing_visible() {
    let served = tempfile::tempdir().unwrap();
    let local = tempfile::tempdir().unwrap();
    std::fs::write(local.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(served.path());
    let url = server.url("birds");
    let birds = local.path().join("birds.csv");
    assert_eq!(wingbeat(["put", "-q", birds.to_str().unwrap(), &url]).data(), "");
    let before = files_below(served.path());

    let (put, stdin) = OpenUpload::begin(&url).split();
    until(|| files_below(served.path()).len() > before.len());
    put.signal(Signal::INT);
    put.end().fails(130, &["interrupted"]);
    drop(stdin);
    let line = server.log_line(&["DoPut", "CANCELLED"]);
    assert!(line.contains("dataset=\"birds\""), "{line}");
    until(|| files_below(served.path()) == before);
    assert_eq!(wingbeat(["get", &url, "--format", "csv"]).data(), BIRDS_CSV);
}
