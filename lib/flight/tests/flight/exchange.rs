//! DoExchange: both directions, half-close, and what each side sees of the other's failure.

use tokio::sync::mpsc;
use wingbeat::arrow::compute::concat_batches;
use wingbeat::{
    CallContext, Code, Compression, EncodeOptions, Error, Exchange, FlightDescriptor,
    FlightService, FlightStreamChunk, Result,
};

use crate::support::{all_ids, ids, soon, tcp};

struct Partner(mpsc::UnboundedSender<Result<()>>);

impl FlightService for Partner {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let command = exchange.descriptor().clone();
        let exchange = match &command {
            FlightDescriptor::Command(name) if name == "pieces" => {
                exchange.with_options(EncodeOptions::default().with_message_size(200_000))
            }
            _ => exchange,
        };
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
            // Says how many pieces came, and sends them back as one batch, in pieces of its own.
            FlightDescriptor::Command(name) if name == "pieces" => {
                let mut pieces = Vec::new();
                while let Some(batch) = receiver.next_batch().await? {
                    pieces.push(batch);
                }
                let batch = concat_batches(&pieces[0].schema(), &pieces)?;
                sender.send(FlightStreamChunk::metadata(pieces.len().to_string())).await?;
                sender.send(batch).await
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
async fn each_end_encodes_as_it_says() {
    let (client, _ended) = partner().await;
    let sent = ids(0..100_000);
    // 800 000 bytes, about half of that with LZ4, in messages of at most 100 000; and back in
    // messages of at most 200 000.
    let small = EncodeOptions::default().with_message_size(100_000);
    let squeezed = small.clone().with_compression(Compression::Lz4Frame);
    for (options, expected) in [(small, 9), (squeezed, 5)] {
        let exchange = client.do_exchange(FlightDescriptor::command("pieces"));
        let (mut sender, mut receiver) = exchange.with_options(options).split();
        sender.send(sent.clone()).await.unwrap();
        sender.finish();
        let pieces = soon(receiver.next()).await.unwrap();
        assert_eq!(pieces, Some(FlightStreamChunk::metadata(expected.to_string())));
        let mut back = Vec::new();
        while let Some(batch) = soon(receiver.next_batch()).await.unwrap() {
            back.push(batch);
        }
        assert_eq!(back.len(), 5);
        assert_eq!(concat_batches(&sent.schema(), &back).unwrap(), sent);
    }
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
