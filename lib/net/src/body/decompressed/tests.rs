//! Compressed messages in bodies cut into pieces of any size.

use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use wingbeat_wire::grpc::{Code, MessageDeframer};
use wingbeat_wire::{Limits, Segments};

use super::INLINE_BYTES_MAX;
use crate::{Body, Messages, Status};

const LIMIT: usize = 1 << 20;
/// "honk" as `gzip -9n` packs it, and as `zstd` does.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\xcb\xc8\xcf\xcb\x06\0\x14rC\xbd\x04\0\0\0";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x20\x04\x21\0\0honk";

fn message(flag: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flag], &len[..], payload].concat()
}

/// So many zeros, in the few bytes that Zstandard needs to say so.
fn zeros(len: usize) -> Vec<u8> {
    const BLOCK_LEN: usize = 128 << 10;
    let mut packed = b"\x28\xb5\x2f\xfd\xa0".to_vec();
    packed.extend(u32::try_from(len).unwrap().to_le_bytes());
    for at in (0..len).step_by(BLOCK_LEN) {
        let block_len = BLOCK_LEN.min(len - at);
        let is_last = usize::from(at + block_len == len);
        let repeated = u32::try_from(block_len << 3 | 1 << 1 | is_last).unwrap();
        packed.extend(&repeated.to_le_bytes()[..3]);
        packed.push(0);
    }
    packed
}

/// The messages of a body of these bytes.
fn messages(encoding: &'static str, bytes: &[u8], size: usize) -> Messages<MessageDeframer> {
    let pieces: Vec<_> = bytes.chunks(size).map(|piece| Bytes::from(piece.to_vec())).collect();
    let frames =
        pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(Segments::from(piece))));
    let body = Body::new(StreamBody::new(stream::iter(frames.collect::<Vec<_>>())));
    let mut headers = HeaderMap::new();
    headers.insert("grpc-encoding", HeaderValue::from_static(encoding));
    let body = body.decompressed(&headers, LIMIT, Code::InvalidArgument);
    let limits = Limits::default().with_message_bytes_max(LIMIT);
    Messages::from_request(body, MessageDeframer::new(&limits))
}

/// The messages of a body of these bytes, and how it ended.
async fn read(encoding: &'static str, bytes: &[u8], size: usize) -> (Vec<Bytes>, Option<Status>) {
    let mut messages = messages(encoding, bytes, size);
    let mut all = Vec::new();
    loop {
        match messages.next().await {
            Ok(Some(message)) => all.push(message),
            Ok(None) => return (all, None),
            Err(status) => return (all, Some(status)),
        }
    }
}

#[tokio::test]
async fn compressed_and_plain_messages_in_any_pieces() {
    for (encoding, packed) in [("gzip", GZIP), ("zstd", ZSTD)] {
        let bytes = [message(1, packed), message(0, b"plain"), message(0, b""), message(1, packed)]
            .concat();
        for size in 1..=bytes.len() {
            let (all, failure) = read(encoding, &bytes, size).await;
            assert!(failure.is_none(), "{failure:?}");
            assert_eq!(all, ["honk", "plain", "", "honk"], "{encoding}, pieces of {size}");
        }
    }
}

#[tokio::test]
async fn a_long_message_is_decompressed_elsewhere() {
    // Stored, not packed: one frame of raw blocks, so that it is as long as what it holds.
    let long = vec![7u8; 2 * INLINE_BYTES_MAX];
    let mut packed = b"\x28\xb5\x2f\xfd\xa0".to_vec();
    packed.extend(u32::try_from(long.len()).unwrap().to_le_bytes());
    for (at, block) in long.chunks(INLINE_BYTES_MAX).enumerate() {
        let is_last = u32::from(at == 1);
        let head = (u32::try_from(block.len()).unwrap() << 3 | is_last).to_le_bytes();
        packed.extend(&head[..3]);
        packed.extend(block);
    }
    let (all, failure) =
        read("zstd", &[message(1, &packed), message(0, b"x")].concat(), 1000).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(all, [Bytes::from(long), Bytes::from("x")]);
}

/// A runtime whose only thread for what blocks is taken until the sender is dropped.
fn runtime_with_nobody_elsewhere() -> (tokio::runtime::Runtime, std::sync::mpsc::Sender<()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(1).build().unwrap();
    let (release, taken) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || taken.recv());
    (runtime, release)
}

#[test]
fn what_unpacks_to_much_is_decompressed_elsewhere() {
    for (len, is_here) in [(1000, true), (256 << 10, true), (512 << 10, false), (LIMIT, false)] {
        let bytes = message(1, &zeros(len));
        assert!(bytes.len() < 100);
        let (runtime, release) = runtime_with_nobody_elsewhere();
        let message = runtime.block_on(async {
            let mut messages = messages("zstd", &bytes, 1000);
            let mut next = pin!(messages.next());
            let at_once = futures_util::poll!(next.as_mut());
            assert_eq!(at_once.is_ready(), is_here, "{len}");
            drop(release);
            match at_once {
                Poll::Ready(message) => message,
                Poll::Pending => next.await,
            }
        });
        assert_eq!(message.unwrap().unwrap().len(), len);
    }
}

#[tokio::test]
async fn more_than_the_limit_is_refused() {
    let (_, failure) = read("zstd", &message(1, &zeros(LIMIT + 1)), 1000).await;
    assert_eq!(failure.unwrap().code, Code::ResourceExhausted);
}

#[tokio::test]
async fn what_makes_no_sense() {
    let huge = [&[0u8, 0xff, 0xff, 0xff, 0xff][..], b"x"].concat();
    for (encoding, bytes, code) in [
        ("gzip", message(1, b"not gzip"), Code::InvalidArgument),
        ("zstd", message(1, GZIP), Code::InvalidArgument),
        ("gzip", message(2, GZIP), Code::InvalidArgument),
        ("gzip", huge, Code::ResourceExhausted),
        ("gzip", message(1, GZIP)[..20].to_vec(), Code::InvalidArgument),
        // Without an encoding nothing may be marked.
        ("identity", message(1, GZIP), Code::Internal),
    ] {
        let (all, failure) = read(encoding, &bytes, 7).await;
        assert_eq!((all.len(), failure.unwrap().code), (0, code), "{encoding} {bytes:?}");
    }
}
