//! What a client hands to its connection is the memory of its batches. (What a server hands to
//! its own is seen from outside, in `tests/flight/copies.rs`.)

use std::future::poll_fn;

use arrow_array::RecordBatch;
use http_body::Body as _;
use wingbeat_net::Body;
use wingbeat_testkit::memory::{buffers, shareable};
use wingbeat_wire::ipc::MessageSize;

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
