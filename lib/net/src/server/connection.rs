//! One connection of a server, from its greeting to its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Fuse;
use h2::RecvStream;
use h2::server::{self, Connection, SendResponse};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::call::Call;
use super::config::ServerConfig;
use crate::aligned::Aligned;
use crate::body::Body;
use crate::gathered::{Gathered, Rest};
use crate::keepalive::Keepalive;
use crate::peer::{Peer, PeerAddr};
use crate::socket::Socket;
use crate::stall::{Paced, Sent, Wire};
use crate::stream::ConnectionShared;

/// Serves one connection until its end. Once `drain` is cancelled, no new call is taken and the
/// running ones finish. Dropping the future aborts the connection and every call on it.
pub(crate) async fn serve_connection<S>(
    socket: impl Socket,
    peer: Peer,
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
    let Peer { addr: peer, certificate } = peer;
    let (socket, wire) = Paced::from_client(socket);
    let (socket, rest) = Gathered::to_client(Aligned::from_client(socket));
    let Some(mut connection) = greet(socket, &rest, peer, &config).await else { return };
    let mut dead = pin!(dead(&mut connection, &config, wire));
    let mut draining = pin!(drain.cancelled().fuse());
    let mut old = pin!(after(config.connection_age_max.map(spread)).fuse());
    let mut overdue = pin!(Fuse::terminated());
    let calls = CancellationToken::new();
    let _abort_calls_on_drop = calls.clone().drop_guard();
    let shared = ConnectionShared::new(rest.following());
    loop {
        tokio::select! {
            accepted = accept(&mut connection, &rest) => match accepted {
                Some(Ok((mut request, respond))) => {
                    if let Some(certificate) = &certificate {
                        request.extensions_mut().insert(certificate.clone());
                    }
                    let shared = shared.clone();
                    let call = Call::new(request, respond, peer, &config, shared);
                    let call = call.run(service.clone());
                    // Ends with the token, which the connection owns.
                    tokio::spawn(calls.clone().run_until_cancelled_owned(call));
                }
                Some(Err(error)) => {
                    tracing::debug!(%peer, %error, "connection ended");
                    return;
                }
                None => {
                    tracing::debug!(%peer, "connection closed");
                    return;
                }
            },
            cause = &mut dead => {
                tracing::warn!(%peer, "connection ended: {cause}");
                return;
            }
            () = &mut draining => connection.graceful_shutdown(),
            () = &mut old => {
                tracing::debug!(%peer, "connection is old; it takes no new call");
                connection.graceful_shutdown();
                overdue.set(after(config.connection_age_grace).fuse());
            }
            () = &mut overdue => {
                tracing::debug!(%peer, "connection ended: it is old, and its calls go on");
                return;
            }
        }
    }
}

/// Begins HTTP/2 with a client that does so in time.
async fn greet<T: Socket>(
    socket: Gathered<T>,
    rest: &Rest<T>,
    peer: PeerAddr,
    config: &ServerConfig,
) -> Option<Connection<Gathered<T>, Sent>> {
    let mut handshake = pin!(builder(config).handshake(socket));
    let handshake = poll_fn(|cx| rest.after(cx, |cx| handshake.as_mut().poll(cx)));
    match tokio::time::timeout(config.handshake_timeout, handshake).await {
        Ok(Ok(connection)) => Some(connection),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "closing a connection that did not begin with HTTP/2");
            None
        }
        Err(_elapsed) => {
            tracing::debug!(%peer, "closing a connection that did not begin with HTTP/2 in time");
            None
        }
    }
}

type Accepted = (http::Request<RecvStream>, SendResponse<Sent>);

/// Moves the connection's bytes until a call begins; `None` when it is over.
async fn accept<T: Socket>(
    connection: &mut Connection<Gathered<T>, Sent>,
    rest: &Rest<T>,
) -> Option<Result<Accepted, h2::Error>> {
    poll_fn(|cx| rest.after(cx, |cx| connection.poll_accept(cx))).await
}

/// Resolves after so long, or never.
async fn after(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// Up to a tenth more or less, another for each connection.
fn spread(duration: Duration) -> Duration {
    // Whatever hashes with a random seed is random enough to spread connections.
    let random = RandomState::new().hash_one(0) % 1001;
    let tenth = duration / 10;
    duration - tenth + (tenth * 2).mul_f64(random as f64 / 1000.0)
}

/// Resolves with the reason when nothing goes on any more.
fn dead<T: Socket>(
    connection: &mut Connection<T, Sent>,
    config: &ServerConfig,
    wire: Arc<Wire>,
) -> impl Future<Output = &'static str> + use<T> {
    let stall_timeout = config.stall_timeout;
    let keepalive =
        config.keepalive_interval.zip(connection.ping_pong()).map(|(interval, pings)| {
            let (timeout, wire) = (config.keepalive_timeout, Arc::clone(&wire));
            Keepalive { pings, interval, timeout, wire, calls: None }
        });
    async move {
        let silent = async {
            match keepalive {
                Some(keepalive) => keepalive.watch().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = silent => "it no longer answers pings",
            cause = wire.stalled(stall_timeout) => cause,
        }
    }
}

fn builder(config: &ServerConfig) -> server::Builder {
    // h2's guards against rapid resets and tiny frames stay at their defaults.
    let mut builder = server::Builder::new();
    builder
        .initial_window_size(config.stream_window_bytes)
        .initial_connection_window_size(config.connection_window_bytes)
        .max_frame_size(config.frame_bytes_max)
        .max_concurrent_streams(config.concurrent_streams_max)
        .max_header_list_size(config.header_bytes_max)
        // What waits to be written is bounded by the pump, which also sees the whole window then.
        .max_send_buffer_size(u32::MAX as usize);
    builder
}
