//! Many reads, and reads that are larger than memory may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use wingbeat::{Client, Ticket};

use crate::logs;
use crate::support::{TestServer, eventually, path, rows, with, write_file};
use crate::tickets::write_large;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_stops_the_decoder() {
    const ROWS: u64 = 8 << 20;
    logs::catch();
    let server = TestServer::start().await;
    write_large(&server.root().join("t.parquet"), ROWS as i64);
    let client = with(&server.client(), "x-request-id", "slow-reader");
    let mut slow = client.do_get(Ticket::new("t")).await.unwrap();
    slow.next_batch().await.unwrap().unwrap();
    // Another reads all of it meanwhile: time enough for a server that reads ahead.
    let mut fast = server.client().do_get(Ticket::new("t")).await.unwrap();
    let mut count = 0;
    while let Some(batch) = fast.next_batch().await.unwrap() {
        count += batch.num_rows() as u64;
    }
    assert_eq!(count, ROWS);
    drop(slow);
    let line = logs::call("slow-reader").await;
    let produced: u64 = line["rows"].parse().unwrap();
    // 128 MiB are there. Windows and queues hold about 30.
    assert!(produced > 0 && produced < ROWS / 2, "{produced} of {ROWS} rows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_call_stays_quick_beside_many_reads() {
    const READS: usize = 64;
    let server = TestServer::start().await;
    write_large(&server.root().join("t.parquet"), 2 << 20);
    write_file(&server.root().join("small.parquet"), &rows(0, 3));
    let client = server.client();
    client.get_flight_info(path("small")).await.unwrap();
    let batches = Arc::new(AtomicUsize::new(0));
    let mut reads = JoinSet::new();
    for _ in 0..READS {
        let client = server.client();
        client.do_get(Ticket::new("t")).await.unwrap().next_batch().await.unwrap().unwrap();
        let batches = batches.clone();
        // Again and again, until the test has ended.
        reads.spawn(async move {
            loop {
                let mut stream = client.do_get(Ticket::new("t")).await.unwrap();
                while stream.next_batch().await.unwrap().is_some() {
                    batches.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    let before = batches.load(Ordering::Relaxed);
    let mut times = Vec::new();
    for _ in 0..21 {
        times.push(quickness(&client).await);
    }
    times.sort_unstable();
    assert_eq!(reads.len(), READS);
    eventually("the reads go on", || batches.load(Ordering::Relaxed) > before + READS).await;
    let median = times[times.len() / 2];
    assert!(median < Duration::from_secs(1), "{times:?}");
}

async fn quickness(client: &Client) -> Duration {
    let begun = Instant::now();
    client.get_flight_info(path("small")).await.unwrap();
    begun.elapsed()
}
