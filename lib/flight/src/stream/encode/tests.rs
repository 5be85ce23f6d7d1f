//! What a client hands to its connection is the memory of its batches. (What a server hands to
//! its own is seen from outside, in `tests/flight/copies.rs`.)

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::RecordBatch;
use futures_util::StreamExt;
use http_body::Body as _;
use wingbeat_net::Body;
use wingbeat_testkit::memory::{buffers, shareable};
use wingbeat_wire::ipc::{Compression, MessageSize};

use super::*;
use crate::ExchangeSender;
use crate::stream::{CallEnd, RequestStream, channel};

/// How often the batch is sent.
const COUNT: usize = 3;

fn upload(source: impl Into<Source>) -> Body {
    let options = EncodeOptions::default().with_message_size(MessageSize::Whole);
    let messages = EncodeStream::new(
        source,
        options,
        PeerLimit::default(),
        Some(FlightDescriptor::path(["x"])),
    );
    Body::request(RequestStream::new(messages, Arc::new(CallEnd::default())))
}

/// Reads the body to its end, and asserts that every buffer of the batch is a piece of it so
/// often, and that little else was sent.
async fn assert_handed_on(mut body: Body, batch: &RecordBatch) {
    let sources = buffers(batch);
    let mut found = vec![0; sources.len()];
    let mut copied = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        for piece in frame.unwrap().into_data().unwrap().iter() {
            let is_source = |source: &arrow::buffer::Buffer| source.as_ptr() == piece.as_ptr();
            match sources.iter().position(is_source) {
                Some(at) if piece.len() <= sources[at].len() => found[at] += 1,
                _ => copied += piece.len(),
            }
        }
    }
    assert!(sources.len() > 15);
    assert_eq!(found, vec![COUNT; sources.len()]);
    assert!(copied < 32 << 10, "{copied} bytes are not the source's");
}

#[tokio::test]
async fn put() {
    let batch = shareable();
    let batches = BatchStream::from_batches(batch.schema(), vec![batch.clone(); COUNT]);
    assert_handed_on(upload(batches), &batch).await;
}

#[tokio::test]
async fn exchange() {
    let batch = shareable();
    let (sender, outgoing) = channel(1);
    let mut sender = ExchangeSender::new(sender);
    let send = async {
        for _ in 0..COUNT {
            sender.send(batch.clone()).await.unwrap();
        }
        sender.finish();
    };
    let body = upload(Source::Exchange(outgoing));
    tokio::join!(send, assert_handed_on(body, &batch));
}

/// Batches that count how many of them were asked for.
fn counted(batches: usize, asked: &Arc<AtomicUsize>) -> BatchStream {
    let batch = shareable();
    let (schema, asked) = (batch.schema(), asked.clone());
    let batches = (0..batches).map(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Error>(batch.clone())
    });
    BatchStream::from_stream(schema, futures_util::stream::iter(batches))
}

fn messages(source: impl Into<Source>, compression: Option<Compression>) -> EncodeStream {
    let options = EncodeOptions::default().with_message_size(MessageSize::Whole);
    let options = options.with_compression(compression);
    EncodeStream::new(source, options, PeerLimit::default(), None)
}

#[tokio::test]
async fn what_is_compressed_is_made_one_message_ahead_and_no_more() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut stream = messages(counted(5, &asked), Some(Compression::Lz4Frame));
    let mut seen = Vec::new();
    while let Some(message) = stream.next().await {
        message.unwrap();
        seen.push(asked.load(Ordering::SeqCst));
    }
    // After the schema, the dictionary that comes before the first batch, and each batch.
    assert_eq!(seen, [0, 1, 2, 3, 4, 5, 5]);
}

#[tokio::test]
async fn what_is_not_compressed_is_made_as_it_is_asked_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut stream = messages(counted(3, &asked), None);
    let mut seen = Vec::new();
    while let Some(message) = stream.next().await {
        message.unwrap();
        seen.push(asked.load(Ordering::SeqCst));
    }
    assert_eq!(seen, [0, 1, 1, 2, 3]);
}

#[tokio::test]
async fn compressed_batches_metadata_and_the_error_behind_them_keep_their_order() {
    let batch = shareable();
    let schema = batch.schema();
    let chunks = vec![
        Ok(FlightStreamChunk::from(batch.clone())),
        Ok(FlightStreamChunk::metadata("between")),
        Ok(FlightStreamChunk::from(batch.slice(0, 10))),
        Err(Error::unavailable("the source broke off")),
    ];
    let source = BatchStream::from_stream(schema, futures_util::stream::iter(chunks));
    let mut stream = messages(source, Some(Compression::Lz4Frame));
    let mut lens = Vec::new();
    for _ in 0..5 {
        lens.push(stream.next().await.unwrap().unwrap().len());
    }
    let [_schema, _dictionary, batch, metadata, slice] = lens[..] else { panic!("{lens:?}") };
    assert!(metadata < 32 && metadata < slice && slice < batch, "{lens:?}");
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.message(), "the source broke off");
    assert!(stream.next().await.is_none());
}
