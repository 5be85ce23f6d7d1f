//! One connection of a server, from its greeting to its end.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};
use wingbeat_wire::grpc::parse_timeout;

use super::accept::{GRPC_TIMEOUT, grpc_subtype};
use super::config::ServerConfig;
use super::stall::{WatchedBody, set_deadline, until_stalled, watched};
use crate::body::{Body, panicked};
use crate::greeting::{Greeted, Watched};
use crate::peer::PeerAddr;
use crate::socket::Socket;
use crate::stall::{Arriving, Paced};

/// Serves one connection until its end. Once `drain` is cancelled, no new call is taken and the
/// running ones finish. Dropping the future aborts the connection and every call on it.
pub(crate) async fn serve_connection<S>(
    socket: impl Socket,
    peer: PeerAddr,
    service: S,
    config: ServerConfig,
    drain: CancellationToken,
) where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let stall_timeout = config.stall_timeout;
    let (socket, wire) = Paced::from_client(socket);
    let (socket, greeted) = Watched::from_client(socket);
    let calls = CancellationToken::new();
    let _abort_calls_on_drop = calls.clone().drop_guard();
    let service =
        service_fn(move |request| call(service.clone(), arriving(request, stall_timeout), peer));
    let connection = builder(&config, Calls { token: calls, stall_timeout })
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);

    let mut greeting = pin!(greeting(greeted, config.handshake_timeout).fuse());
    let mut stalled = pin!(wire.stalled(stall_timeout));
    let mut draining = pin!(drain.cancelled().fuse());
    let ended = loop {
        tokio::select! {
            ended = &mut connection => break ended,
            () = &mut greeting => {
                tracing::debug!(%peer, "closing a connection that did not begin with HTTP/2");
                return;
            }
            cause = &mut stalled => {
                tracing::warn!(%peer, "connection ended: {cause}");
                return;
            }
            () = &mut draining => connection.as_mut().graceful_shutdown(),
        }
    };
    match ended {
        Ok(()) => tracing::debug!(%peer, "connection closed"),
        Err(error) => tracing::debug!(%peer, %error, "connection ended"),
    }
}

/// Runs one call. The handler and its answer are polled by a task of their own, so that calls on
/// one connection do not hold each other up.
async fn call<S>(
    service: S,
    mut request: http::Request<Body>,
    peer: PeerAddr,
) -> Result<http::Response<WatchedBody>, Infallible>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    request.extensions_mut().insert(peer);
    let timeout = request.headers().get(GRPC_TIMEOUT).and_then(|value| value.to_str().ok());
    // One that makes no sense is refused by whoever accepts the call.
    if let Some(timeout) = timeout.and_then(|text| parse_timeout(text).ok()) {
        set_deadline(timeout);
    }
    let answer = AssertUnwindSafe(service.oneshot(request)).catch_unwind().await;
    let answer = answer.unwrap_or_else(|panic| Ok(panicked(&*panic).into_response()))?;
    Ok(answer.map(watched))
}

/// The request, which fails when its client stops within a gRPC message. Bodies of other protocols
/// have no messages that could be followed.
fn arriving(
    request: http::Request<Incoming>,
    stall_timeout: Option<Duration>,
) -> http::Request<Body> {
    let is_grpc = request.headers().get(CONTENT_TYPE).and_then(grpc_subtype).is_some();
    match stall_timeout.filter(|_| is_grpc) {
        Some(timeout) => request.map(|body| Body::new(Arriving::new(body, "client", timeout))),
        None => request.map(Body::new),
    }
}

/// Resolves only when the peer does not begin with HTTP/2 in time.
async fn greeting(greeted: Greeted, timeout: Duration) {
    match tokio::time::timeout(timeout, greeted).await {
        // Greeted, or the connection is over, which its own future reports.
        Ok(_) => std::future::pending().await,
        Err(_elapsed) => {}
    }
}

fn builder(config: &ServerConfig, calls: Calls) -> http2::Builder<Calls> {
    // hyper's and h2's guards against rapid resets and tiny frames stay at their defaults.
    let mut builder = http2::Builder::new(calls);
    builder
        .timer(TokioTimer::new())
        .adaptive_window(false)
        .initial_stream_window_size(config.stream_window_bytes)
        .initial_connection_window_size(config.connection_window_bytes)
        .max_frame_size(config.frame_bytes_max)
        .max_send_buf_size(config.send_buffer_bytes)
        .max_concurrent_streams(config.concurrent_streams_max)
        .max_header_list_size(config.header_bytes_max)
        .keep_alive_interval(config.keepalive_interval)
        .keep_alive_timeout(config.keepalive_timeout)
        .auto_date_header(false);
    builder
}

/// Spawns the tasks of a connection's calls; they end when the token is cancelled.
#[derive(Clone)]
struct Calls {
    token: CancellationToken,
    stall_timeout: Option<Duration>,
}

impl<F> Executor<F> for Calls
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, call: F) {
        let Self { token, stall_timeout } = self.clone();
        // Ends with the token, which the connection owns.
        tokio::spawn(async move {
            until_stalled(stall_timeout, token.run_until_cancelled(call).map(|_| ())).await;
        });
    }
}
