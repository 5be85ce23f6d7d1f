//! A small call beside many bulk streams, on their connection and on one of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, FlightService, ReplyStream, Result,
    Ticket,
};

use crate::support::{ids, soon, tcp};

struct Bulk;

impl FlightService for Bulk {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        let batch = ids(0..1 << 17);
        let schema = batch.schema();
        Ok(BatchStream::from_batches(schema, std::iter::repeat_with(move || batch.clone())))
    }

    async fn do_action(&self, _: &CallContext, _: Action) -> Result<ReplyStream<ActionResult>> {
        Ok(ReplyStream::once(ActionResult::new("pong")))
    }
}

/// The median of some pings.
async fn pings(client: &Client) -> Duration {
    let mut all = Vec::new();
    for _ in 0..11 {
        let asked = Instant::now();
        let results = soon(client.do_action(Action::new("ping", ""))).await.unwrap();
        assert_eq!(soon(results.collect()).await.unwrap(), [ActionResult::new("pong")]);
        all.push(asked.elapsed());
    }
    all.sort();
    all[all.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_beside_64_endless_streams() {
    let client = tcp(Bulk).await;
    let stop = Arc::new(AtomicBool::new(false));
    let read = Arc::new(AtomicUsize::new(0));
    let mut readers = Vec::new();
    for _ in 0..64 {
        let mut stream = soon(client.do_get(Ticket::new("bulk"))).await.unwrap();
        let (stop, read) = (stop.clone(), read.clone());
        readers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                stream.next_batch().await?;
                read.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, wingbeat::Error>(())
        }));
    }
    let before = read.load(Ordering::Relaxed);
    // Behind what the streams have queued on the connection, but not behind the streams.
    let shared = pings(&client).await;
    assert!(shared < Duration::from_secs(5), "on the same connection: {shared:?}");
    // With a connection of its own a ping waits for a thread only.
    let own = Client::new(client.address().unwrap().to_string()).unwrap();
    let alone = pings(&own).await;
    assert!(alone < Duration::from_millis(500), "on a connection of its own: {alone:?}");
    assert!(read.load(Ordering::Relaxed) > before, "the bulk streams stood still");
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let ended = soon(reader).await.unwrap();
        assert!(ended.is_ok(), "{ended:?}");
    }
}
