//! Channels and servers under load and under loss.
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod connections;
mod flow;
mod messages;
mod ropes;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Response};
use support::*;
use wingbeat_net::{Body, Messages, reply};
use wingbeat_wire::grpc::frame;

const MIB: usize = 1 << 20;

/// An endless answer of 1 MiB messages, which counts what was asked of it.
fn endless(count: Arc<AtomicU64>) -> Response<Body> {
    let data = Bytes::from(vec![7; MIB]);
    let messages = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(frame(data.clone()))
    });
    reply(HeaderMap::new(), Body::response(messages, HeaderMap::new))
}

/// Waits until `count` has stood still for half a second, and returns it.
async fn settled(count: &AtomicU64) -> u64 {
    let (mut last, mut still) = (count.load(Ordering::Relaxed), 0);
    while still < 5 {
        // sleep: standing still shows only in time; nothing signals that nothing will come.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = count.load(Ordering::Relaxed);
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
    last
}

async fn echo(request: http::Request<Body>) -> Response<Body> {
    let messages = Messages::from_request(request.into_body(), deframer());
    let back = stream::unfold(messages, |mut messages| async move {
        let message = messages.next().await.transpose()?;
        Some((message.map(frame), messages))
    });
    reply(HeaderMap::new(), Body::response(back, HeaderMap::new))
}
