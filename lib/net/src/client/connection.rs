//! One HTTP/2 connection of a client and the task that drives it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use h2::client::{self, SendRequest};
use tokio_util::task::AbortOnDropHandle;

use super::config::ChannelConfig;
use crate::aligned::Aligned;
use crate::gathered::{Gathered, Rest};
use crate::greeting::{Greeted, Watched};
use crate::keepalive::{Calls, Keepalive};
use crate::socket::Socket;
use crate::stall::{Paced, Sent, Wire};
use crate::stream::ConnectionShared;

/// A connection that took its first SETTINGS. Dropping it closes the socket; calls hold it alive.
pub(super) struct Connection {
    name: Arc<str>,
    send: SendRequest<Sent>,
    calls: Arc<Calls>,
    shared: ConnectionShared,
    failure: Arc<OnceLock<String>>,
    wire: Arc<Wire>,
    driver: AbortOnDropHandle<()>,
    /// The other end, when it lives in this process.
    _server: Option<AbortOnDropHandle<()>>,
}

impl Connection {
    /// Starts HTTP/2 on a socket; `name` is what errors call the peer.
    ///
    /// # Errors
    /// A text, when the peer does not speak HTTP/2.
    pub(super) async fn start(
        socket: impl Socket,
        name: Arc<str>,
        server: Option<AbortOnDropHandle<()>>,
        config: &ChannelConfig,
    ) -> Result<Self, String> {
        let (socket, wire) = Paced::from_server(socket);
        // Below what holds back the beginning of a frame, which strangers may never complete.
        let (socket, greeted) = Watched::new(socket);
        let (socket, rest) = Gathered::to_server(Aligned::from_server(socket));
        let (send, mut connection) = builder(config)
            .handshake(socket)
            .await
            .map_err(|error| format!("HTTP/2 handshake failed: {error}"))?;
        let calls = Arc::new(Calls);
        let keepalive =
            config.keepalive_interval.zip(connection.ping_pong()).map(|(interval, pings)| {
                Keepalive {
                    pings,
                    interval,
                    timeout: config.keepalive_timeout,
                    wire: Arc::clone(&wire),
                    calls: Some(Arc::downgrade(&calls)),
                }
            });
        let shared = ConnectionShared::new(rest.following());
        let failure = Arc::new(OnceLock::new());
        let seen = Arc::clone(&wire);
        let watch = Watchers { keepalive, wire, stall_timeout: config.stall_timeout };
        let driver = drive(connection, rest, watch, Arc::clone(&failure), Arc::clone(&name));
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        wait(greeted, &failure).await?;
        Ok(Self { name, send, calls, shared, failure, wire: seen, driver, _server: server })
    }

    /// What errors call the peer.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A handle to start a call with.
    pub(super) fn send(&self) -> SendRequest<Sent> {
        self.send.clone()
    }

    /// To be held by a call while it runs.
    pub(super) fn count_in(&self) -> Arc<Calls> {
        Arc::clone(&self.calls)
    }

    /// What its uploads share.
    pub(super) fn shared(&self) -> ConnectionShared {
        self.shared.clone()
    }

    /// Whether the server has said that it has not looked at that stream, and will not.
    pub(super) fn has_not_seen(&self, stream_id: u32) -> bool {
        self.wire.has_not_seen(stream_id)
    }

    /// Why the connection ended, where more is known than h2 tells every call.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.get().cloned()
    }

    /// Whether the connection's task has ended. It may also refuse new calls before (GOAWAY),
    /// which [`send`](Self::send) tells.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }
}

fn builder(config: &ChannelConfig) -> client::Builder {
    let mut builder = client::Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(config.stream_window_bytes)
        .initial_connection_window_size(config.connection_window_bytes)
        .max_frame_size(config.frame_bytes_max)
        .max_header_list_size(config.header_bytes_max)
        // What waits to be written is bounded by the pump, which also sees the whole window then.
        .max_send_buffer_size(u32::MAX as usize);
    builder
}

/// Waits for the server's first frame. Without it, a peer that speaks something else would only
/// show once a call had been sent to it.
async fn wait(greeted: Greeted, failure: &OnceLock<String>) -> Result<(), String> {
    match greeted.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(stranger)) => Err(stranger.describe()),
        Err(_dropped) => Err(failure
            .get()
            .cloned()
            .unwrap_or_else(|| "the connection ended before HTTP/2 began".to_owned())),
    }
}

/// Who ends a connection on which nothing goes on.
struct Watchers {
    keepalive: Option<Keepalive>,
    wire: Arc<Wire>,
    stall_timeout: Option<Duration>,
}

impl Watchers {
    /// Resolves with the reason.
    async fn watch(self) -> &'static str {
        let dead = async {
            match self.keepalive {
                Some(keepalive) => keepalive.watch().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = dead => "it no longer answers pings",
            cause = self.wire.stalled(self.stall_timeout) => cause,
        }
    }
}

/// What lies between HTTP/2 and the socket, but for what gathers writes.
type Stack<T> = Aligned<Watched<Paced<T>>>;

/// Moves the connection's bytes until it ends.
async fn drive<T: Socket>(
    connection: client::Connection<Gathered<Stack<T>>, Sent>,
    rest: Rest<Stack<T>>,
    watch: Watchers,
    failure: Arc<OnceLock<String>>,
    name: Arc<str>,
) {
    let mut connection = pin!(connection);
    let connection = poll_fn(|cx| rest.after(cx, |cx| connection.as_mut().poll(cx)));
    let cause = tokio::select! {
        ended = connection => match ended {
            Ok(()) => {
                tracing::debug!(peer = %name, "connection closed");
                return;
            }
            Err(error) => error.to_string(),
        },
        cause = watch.watch() => cause.to_owned(),
    };
    tracing::debug!(peer = %name, cause, "connection ended");
    // Set once only: there is one driver to a connection.
    let _ = failure.set(cause);
}
