//! Streams of batches without a network: how they are made, and that nothing is read ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;

use wingbeat::arrow::array::{RecordBatch, RecordBatchIterator};
use wingbeat::arrow::error::ArrowError;
use wingbeat::{BatchStream, Code, Error, FlightStreamChunk};

use crate::support::{all_ids, ids, soon};

#[tokio::test]
async fn from_a_reader_off_the_io_threads() {
    let io: ThreadId = std::thread::current().id();
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let batches = (0..100).map(move |i| {
        assert_ne!(std::thread::current().id(), io);
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(ids(i..i + 1))
    });
    let reader = RecordBatchIterator::new(batches, ids(0..1).schema());
    let mut stream = BatchStream::from_reader(reader);
    assert_eq!(made.load(Ordering::SeqCst), 0);
    let first = stream.next_batch().await.unwrap().unwrap();
    // Two at hand and two on the way are as far as it reads ahead.
    assert!(made.load(Ordering::SeqCst) <= 4, "{made:?}");
    let rest = stream.collect_batches().await.unwrap();
    assert_eq!(all_ids(&[&[first][..], &rest].concat()), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_that_fails_or_panics() {
    let batches = [Ok(ids(0..1)), Err(ArrowError::ParseError("line 7".into())), Ok(ids(1..2))];
    let mut stream =
        BatchStream::from_reader(RecordBatchIterator::new(batches, ids(0..1).schema()));
    assert_eq!(all_ids(&[stream.next_batch().await.unwrap().unwrap()]), [0]);
    let error = stream.next_batch().await.unwrap_err();
    assert!(error.message().contains("line 7"), "{error}");
    assert!(stream.next_batch().await.unwrap().is_none());

    let panics = (0..3).map(|i| match i {
        0 => Ok::<_, Error>(ids(0..1)),
        _ => panic!("a reader that panics"),
    });
    let mut stream = BatchStream::from_blocking(ids(0..1).schema(), panics);
    let error = loop {
        match stream.next_batch().await {
            Ok(batch) => assert!(batch.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Code::Internal);
}

#[tokio::test]
async fn a_channel_is_bounded_and_tells_why() {
    let (mut sender, mut stream) = BatchStream::channel(ids(0..1).schema(), 2);
    sender.send(ids(0..1)).await.unwrap();
    sender.send(FlightStreamChunk::metadata("half")).await.unwrap();
    {
        let mut third = std::pin::pin!(sender.send(ids(1..2)));
        assert!(futures_util::poll!(&mut third).is_pending());
        assert!(stream.next().await.unwrap().unwrap().data.is_some());
        soon(third).await.unwrap();
    }
    assert_eq!(stream.next().await.unwrap().unwrap().app_metadata.unwrap(), "half");
    stream.close(Error::resource_exhausted("enough"));
    let error = soon(sender.send(ids(2..3))).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::ResourceExhausted, "enough"));
    assert_eq!(soon(sender.closed()).await.message(), "enough");
}

#[tokio::test]
async fn a_sender_that_is_dropped_is_no_end() {
    let schema = ids(0..1).schema();
    let (mut sender, stream) = BatchStream::channel(schema.clone(), 2);
    sender.send(ids(0..1)).await.unwrap();
    drop(sender);
    assert_eq!(stream.collect_batches().await.unwrap_err().code(), Code::Cancelled);
    let (sender, stream) = BatchStream::channel(schema.clone(), 2);
    sender.fail(Error::data_loss("x"));
    assert_eq!(stream.collect_batches().await.unwrap_err().code(), Code::DataLoss);
    let (sender, stream) = BatchStream::channel(schema, 2);
    sender.finish();
    assert_eq!(stream.collect_batches().await.unwrap(), Vec::<RecordBatch>::new());
}
