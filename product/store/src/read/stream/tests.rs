//! How far decoding goes ahead, when it rests and when it ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::Int64Array;
use arrow_schema::{DataType, Field, Schema};
use futures_util::StreamExt;
use tokio::sync::Semaphore;

use super::*;

const DECODERS: usize = 2;
/// More than any test waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts what it decodes, and the time that it ends.
struct Counting {
    decoded: Arc<AtomicUsize>,
    left: usize,
    _ended: tokio::sync::oneshot::Sender<()>,
}

impl Iterator for Counting {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let nth = self.decoded.fetch_add(1, Ordering::SeqCst);
        Some(Ok(batch(i64::try_from(nth).unwrap())))
    }
}

/// A batch of one column, all of one value.
fn batch(value: i64) -> RecordBatch {
    let values = Arc::new(Int64Array::from(vec![value; 1024]));
    RecordBatch::try_new(schema(), vec![values]).unwrap()
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("value", DataType::Int64, false)]))
}

/// A read of so many batches, of which about so many may wait.
struct Read {
    stream: ReadStream,
    decoded: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
    ended: tokio::sync::oneshot::Receiver<()>,
}

impl Read {
    fn start(batches: usize, waiting: usize) -> Self {
        let decoded = Arc::new(AtomicUsize::new(0));
        let permits = Arc::new(Semaphore::new(DECODERS));
        let decoders = Decoders::here(permits.clone(), DECODERS).unwrap();
        let (_ended, ended) = tokio::sync::oneshot::channel();
        let cursor = Counting { decoded: decoded.clone(), left: batches, _ended };
        let bytes_max = batch(0).get_array_memory_size() * waiting;
        let stream = ReadStream::start(cursor, schema(), decoders, bytes_max);
        Self { stream, decoded, permits, ended }
    }

    /// Waits until so many are decoded and no decoder is at work, and gives more a chance.
    async fn rests_at(&self, decoded: usize) {
        let reached = async {
            while self.decoded.load(Ordering::SeqCst) < decoded {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("decoding goes on");
        for _ in 0..100 {
            let all = u32::try_from(DECODERS).unwrap();
            let permits = tokio::time::timeout(PATIENCE, self.permits.acquire_many(all)).await;
            drop(permits.expect("no decoder is held"));
            tokio::task::yield_now().await;
        }
        assert_eq!(self.decoded.load(Ordering::SeqCst), decoded);
    }
}

#[tokio::test]
async fn batches_come_in_order_and_all_of_them() {
    let read = Read::start(1000, 3);
    let values = read.stream.map(|batch| {
        let batch = batch.unwrap();
        batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0)
    });
    let values: Vec<i64> = values.collect().await;
    assert_eq!(values, (0..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_reads_so_one_batch_is_decoded_and_no_decoder_is_held() {
    let read = Read::start(1000, 4);
    read.rests_at(1).await;
}

#[tokio::test]
async fn a_reader_that_goes_on_widens_the_lead_up_to_the_bound() {
    let mut read = Read::start(1000, 4);
    for (taken, lead) in [(1, 2), (2, 3), (3, 4), (4, 4), (5, 4)] {
        read.stream.next().await.unwrap().unwrap();
        read.rests_at(taken + lead).await;
    }
}

#[tokio::test]
async fn a_dropped_stream_ends_the_decoding() {
    let mut read = Read::start(usize::MAX, 4);
    read.stream.next().await.unwrap().unwrap();
    drop(read.stream);
    let ended = tokio::time::timeout(PATIENCE, read.ended).await;
    assert!(ended.expect("the decoder is dropped").is_err());
}

#[tokio::test]
async fn a_panic_is_an_error_and_not_an_end() {
    let permits = Arc::new(Semaphore::new(DECODERS));
    let decoders = Decoders::here(permits, DECODERS).unwrap();
    let cursor = std::iter::once_with(|| panic!("lost"));
    let mut stream = ReadStream::start(cursor, schema(), decoders, 1);
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Internal { .. }), "{error}");
    assert!(stream.next().await.is_none());
}
