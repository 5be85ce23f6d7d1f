//! Bodies without a connection.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use super::Body;
use crate::status::Status;

fn rope(pieces: &[&'static str]) -> Segments {
    pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect()
}

#[test]
fn an_empty_body_is_over_from_the_start() {
    let body = Body::empty();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
}

#[tokio::test]
async fn a_response_keeps_its_pieces_and_ends_with_trailers() {
    let pieces = rope(&["ab", "c"]);
    let first = pieces.iter().next().unwrap().as_ptr();
    let messages = stream::iter([Ok(pieces)]);
    let mut body = Body::response(messages, HeaderMap::new);
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), None, "gRPC sends no content-length");
    let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(data.iter().map(|piece| piece.as_ptr()).next(), Some(first), "nothing is copied");
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
    assert!(body.is_end_stream() && body.frame().await.is_none());
}

#[tokio::test]
async fn a_request_ends_with_its_error() {
    let items = [Ok(rope(&["a"])), Err(Status::new(Code::DataLoss, "gone")), Ok(rope(&["b"]))];
    let mut body = Body::request(stream::iter(items));
    assert!(body.frame().await.unwrap().unwrap().is_data());
    let error = body.frame().await.unwrap().unwrap_err().downcast::<Status>().unwrap();
    assert_eq!(error.code, Code::DataLoss);
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_bytes_body_gives_piece_by_piece_and_then_the_trailers() {
    let messages = stream::iter([Ok(rope(&["ab", "c"]))]);
    let mut body = Body::response(messages, HeaderMap::new).into_bytes_body();
    for piece in ["ab", "c"] {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), piece);
    }
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert!(body.frame().await.is_none() && body.is_end_stream());
}

#[test]
fn a_source_that_is_always_ready_gives_its_thread_back() {
    let messages = stream::repeat_with(|| Ok(rope(&["a"])));
    let mut bodies = [Body::request(messages.clone()), Body::response(messages, HeaderMap::new)];
    let mut cx = Context::from_waker(Waker::noop());
    for body in &mut bodies {
        let polls: Vec<_> =
            (0..100).map(|_| Pin::new(&mut *body).poll_frame(&mut cx).is_pending()).collect();
        assert!(polls.iter().any(|pending| *pending) && !polls[0], "{polls:?}");
        assert!(polls.iter().filter(|pending| **pending).count() < 10, "{polls:?}");
    }
    assert!(matches!(Pin::new(&mut Body::empty()).poll_frame(&mut cx), Poll::Ready(None)));
}
