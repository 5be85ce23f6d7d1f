//! DoExchange: both directions, half-close, and what each side sees of the other's failure.

use tokio::sync::mpsc;
use wingbeat::{
    CallContext, Code, Error, Exchange, FlightDescriptor, FlightService, FlightStreamChunk, Result,
};

use crate::support::{all_ids, ids, soon, tcp};

struct Partner(mpsc::UnboundedSender<Result<()>>);

impl FlightService for Partner {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let command = exchange.descriptor().clone();
        let (mut sender, mut receiver) = exchange.split();
        match command {
            // Doubles every batch, and says at the end how many rows there were.
            FlightDescriptor::Command(name) if name == "echo" => {
                let mut rows = 0;
                let mut report =
                    Report { seen: Err(Error::cancelled("dropped")), tx: self.0.clone() };
                let ended = loop {
                    match receiver.next().await {
                        Ok(Some(chunk)) => {
                            rows += chunk.data.as_ref().map_or(0, |batch| batch.num_rows());
                            sender.send(chunk).await?;
                        }
                        Ok(None) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                };
                report.seen = ended.clone();
                drop(report);
                ended?;
                sender.send(FlightStreamChunk::metadata(format!("{rows} rows"))).await
            }
            // Speaks before the client has said anything.
            FlightDescriptor::Command(name) if name == "greet" => {
                sender.start(ids(0..1).schema()).await?;
                sender.send(FlightStreamChunk::metadata("hello")).await?;
                assert_eq!(receiver.schema().await?, None);
                Ok(())
            }
            FlightDescriptor::Command(name) if name == "refuse" => {
                receiver.next().await?;
                Err(Error::permission_denied("not you"))
            }
            other => Err(Error::not_found(format!("{other:?}"))),
        }
    }
}

/// Tells how the client's direction ended, even when the handler is dropped before it can look.
struct Report {
    seen: Result<()>,
    tx: mpsc::UnboundedSender<Result<()>>,
}

impl Drop for Report {
    fn drop(&mut self) {
        let _ = self.tx.send(self.seen.clone());
    }
}

async fn partner() -> (crate::support::Served, mpsc::UnboundedReceiver<Result<()>>) {
    let (tx, rx) = mpsc::unbounded_channel();
    (tcp(Partner(tx)).await, rx)
}

#[tokio::test]
async fn there_and_back_in_lockstep_then_half_closed() {
    let (client, mut ended) = partner().await;
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::command("echo")).split();
    for i in 0..5 {
        sender.send(ids(i..i + 2)).await.unwrap();
        let batch = soon(receiver.next_batch()).await.unwrap().unwrap();
        assert_eq!(all_ids(&[batch]), [i, i + 1]);
    }
    let noted = FlightStreamChunk::from(ids(0..1)).with_metadata("note");
    sender.send(noted.clone()).await.unwrap();
    assert_eq!(soon(receiver.next()).await.unwrap(), Some(noted));
    assert_eq!(soon(receiver.schema()).await.unwrap(), Some(ids(0..1).schema()));
    sender.finish();
    let last = soon(receiver.next()).await.unwrap();
    assert_eq!(last, Some(FlightStreamChunk::metadata("11 rows")));
    assert_eq!(soon(receiver.next()).await.unwrap(), None);
    assert!(soon(ended.recv()).await.unwrap().is_ok());
}

#[tokio::test]
async fn the_server_speaks_first() {
    let (client, _ended) = partner().await;
    let (sender, mut receiver) = client.do_exchange(FlightDescriptor::command("greet")).split();
    assert_eq!(soon(receiver.schema()).await.unwrap(), Some(ids(0..1).schema()));
    let hello = soon(receiver.next()).await.unwrap();
    assert_eq!(hello, Some(FlightStreamChunk::metadata("hello")));
    sender.finish();
    assert_eq!(soon(receiver.next()).await.unwrap(), None);
}

#[tokio::test]
async fn metadata_needs_no_schema() {
    let (client, _ended) = partner().await;
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::command("echo")).split();
    sender.send(FlightStreamChunk::metadata("only")).await.unwrap();
    let back = soon(receiver.next()).await.unwrap();
    assert_eq!(back, Some(FlightStreamChunk::metadata("only")));
    sender.start(ids(0..1).schema()).await.unwrap();
    let error = sender.start(ids(0..1).schema()).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn the_servers_error_reaches_both_directions() {
    let (client, _ended) = partner().await;
    let (mut sender, mut receiver) =
        client.do_exchange(FlightDescriptor::command("refuse")).split();
    sender.send(ids(0..1)).await.unwrap();
    let error = soon(receiver.next()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::PermissionDenied, "not you"));
    let again = soon(receiver.next()).await.unwrap_err();
    assert_eq!(again.code(), Code::PermissionDenied);
    let error = soon(async {
        loop {
            if let Err(error) = sender.send(ids(0..1)).await {
                return error;
            }
        }
    })
    .await;
    assert!(matches!(error.code(), Code::PermissionDenied | Code::Cancelled), "{error}");
}

#[tokio::test]
async fn a_dropped_sender_resets() {
    let (client, mut ended) = partner().await;
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::command("echo")).split();
    sender.send(ids(0..1)).await.unwrap();
    assert!(soon(receiver.next()).await.unwrap().is_some());
    drop(sender);
    let error = soon(receiver.next()).await.unwrap_err();
    assert!(error.message().contains("dropped before"), "{error}");
    let seen = soon(ended.recv()).await;
    assert!(matches!(&seen, Some(Err(error)) if error.code() == Code::Cancelled), "{seen:?}");
}
