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

/// How many batches of the others come before the answer of a ping: the median of some, and the
/// time it took.
async fn pings(client: &Client, read: &AtomicUsize) -> (usize, Duration) {
    let (mut batches, mut times) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let (before, asked) = (read.load(Ordering::Relaxed), Instant::now());
        let results = soon(client.do_action(Action::new("ping", ""))).await.unwrap();
        assert_eq!(soon(results.collect()).await.unwrap(), [ActionResult::new("pong")]);
        times.push(asked.elapsed());
        batches.push(read.load(Ordering::Relaxed) - before);
    }
    batches.sort_unstable();
    times.sort_unstable();
    (batches[batches.len() / 2], times[times.len() / 2])
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
    let shared = pings(&client, &read).await;
    // With a connection of its own a ping waits for a thread only.
    let own = Client::new(client.address().unwrap().to_string()).unwrap();
    let alone = pings(&own, &read).await;
    // Behind what the streams have queued on the connection (4 MiB, and what lies in the sockets
    // and in their windows), but not behind a message of each.
    assert!(shared.0 < 128, "{} batches of 1 MiB, {:?} on the same connection", shared.0, shared.1);
    assert!(alone.0 < 64, "{} batches, {:?} on a connection of its own", alone.0, alone.1);
    assert!(read.load(Ordering::Relaxed) > before, "the bulk streams stood still");
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let ended = soon(reader).await.unwrap();
        assert!(ended.is_ok(), "{ended:?}");
    }
}
