//! What waits for a reader that rests is bounded, and nothing waits for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream;
use wingbeat::arrow::array::{ArrayRef, RecordBatch, UInt8Array};
use wingbeat::{
    BatchStream, CallContext, Client, FlightInfo, FlightService, ReadOptions, Result, Ticket,
};

use crate::support::{endpoint, soon};

const MIB: usize = 1 << 20;

/// Batches of a MiB, whose bytes are their ticket, and a count of those that exist.
struct Source {
    made: Arc<AtomicUsize>,
    batches: usize,
}

impl FlightService for Source {
    async fn do_get(&self, _: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let value: u8 = std::str::from_utf8(&ticket.ticket)?.parse()?;
        let (made, batches) = (self.made.clone(), self.batches);
        let chunks = stream::iter((0..batches).map(move |_| {
            made.fetch_add(1, Ordering::SeqCst);
            Ok::<_, wingbeat::Error>(batch(value))
        }));
        Ok(BatchStream::from_stream(batch(0).schema(), chunks))
    }
}

fn batch(value: u8) -> RecordBatch {
    let column: ArrayRef = Arc::new(UInt8Array::from(vec![value; MIB]));
    RecordBatch::try_from_iter([("value", column)]).unwrap()
}

/// A client of a source in this process.
fn source(batches: usize) -> (Client, Arc<AtomicUsize>) {
    let made = Arc::<AtomicUsize>::default();
    (Client::in_process(Source { made: made.clone(), batches }), made)
}

fn flight(endpoints: u8) -> FlightInfo {
    (0..endpoints).fold(FlightInfo::default(), |info, nth| {
        info.with_endpoint(endpoint(&nth.to_string(), &[]))
    })
}

/// Waits until a count no longer moves.
async fn settled(made: &AtomicUsize) -> usize {
    let count = || made.load(Ordering::SeqCst);
    let mut last = usize::MAX;
    soon(async {
        while last != count() {
            last = count();
            // What stands still for so long is taken to rest; the bounds hold all the same.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_rests_stops_all_endpoints() {
    let (connections, budget) = (4, 32);
    for is_ordered in [false, true] {
        let (client, made) = source(60);
        let options = ReadOptions::default().with_connections(connections);
        let client = client.with_read_options(options.with_bytes_max(budget * MIB));
        let info = flight(8).with_ordered(is_ordered);
        let mut stream = soon(client.read_info(&info)).await.unwrap();
        let first = soon(stream.next_batch()).await.unwrap().unwrap();
        assert_eq!(first.num_rows(), MIB);
        let waiting = settled(&made).await;
        // A connection's window is 16 MiB; what is sent and not yet taken is in it, in the pipe of
        // 1 MiB, and in the buffers of 2 MiB.
        let in_transit = connections * 22;
        assert!(waiting >= budget, "{waiting} MiB: the budget is used");
        assert!(waiting <= budget + in_transit, "{waiting} MiB");
        // And it goes on to its end.
        let rest = async {
            let mut batches = 1;
            let mut last = first.column(0).to_data().buffers()[0].as_slice()[0];
            while let Some(batch) = stream.next_batch().await.unwrap() {
                let value = batch.column(0).to_data().buffers()[0].as_slice()[0];
                assert!(!is_ordered || value == last || value == last + 1);
                last = value;
                batches += 1;
            }
            batches
        };
        assert_eq!(soon(rest).await, 8 * 60);
    }
}

/// In order, those that wait for their turn hold all of the budget, and the one whose turn it is
/// needs some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_less_than_a_batch_does_not_stop_a_read() {
    for is_ordered in [false, true] {
        let (client, _made) = source(5);
        let options = ReadOptions::default().with_connections(4).with_bytes_max(1);
        let client = client.with_read_options(options);
        let info = flight(16).with_ordered(is_ordered);
        let read = async { client.read_info(&info).await?.collect_batches().await };
        let batches = soon(read).await.unwrap();
        let values = batches.iter().map(|batch| batch.column(0).to_data().buffers()[0][0]);
        let mut values: Vec<u8> = values.collect();
        if !is_ordered {
            values.sort_unstable();
        }
        let expected: Vec<u8> = (0..16).flat_map(|nth| [nth; 5]).collect();
        assert_eq!(values, expected);
    }
}
