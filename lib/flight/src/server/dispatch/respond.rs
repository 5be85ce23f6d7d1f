//! When the headers of a response go out, and what the response is.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_core::Stream as _;
use futures_util::{StreamExt as _, stream};
use http::Response;
use wingbeat_net::{Body, Status, reply};

use super::call_stream::CallStream;
use crate::CallContext;
use crate::stream::Waiting;

/// Runs a call up to its first message, its end, or the moment when its handler waits for the
/// client, and responds with the rest.
///
/// Until then a handler can set headers, and an error is a response of its own ("trailers-only").
/// A handler that waits must not hold the headers back: there are clients (tonic's among them)
/// that send on only once they have them.
pub(super) async fn respond(
    cx: CallContext,
    mut stream: CallStream,
    waiting: Waiting,
) -> Response<Body> {
    let first = poll_fn(|task| match Pin::new(&mut stream).poll_next(task) {
        Poll::Ready(item) => Poll::Ready(Some(item)),
        Poll::Pending if waiting.get() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await;
    let headers = cx.take_headers();
    let trailers = move || cx.take_trailers();
    let body = match first {
        Some(Some(Err(status))) => return trailers_only(status, headers, trailers()),
        Some(Some(Ok(message))) => {
            Body::response(stream::iter([Ok(message)]).chain(stream), trailers)
        }
        Some(None) | None => Body::response(stream, trailers),
    };
    reply(headers, body)
}

fn trailers_only(
    mut status: Status,
    headers: http::HeaderMap,
    trailers: http::HeaderMap,
) -> Response<Body> {
    status.metadata.extend(headers);
    status.metadata.extend(trailers);
    status.into_response()
}
