//! One HTTP/2 connection of a client and the task that drives it.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use h2::client::{self, SendRequest};
use h2::{Ping, PingPong};
use tokio_util::task::AbortOnDropHandle;

use super::config::ChannelConfig;
use crate::greeting::{Greeted, Watched};
use crate::socket::Socket;
use crate::stall::{Paced, Sent, Wire};

/// Held once by each running call, so that their number can be told.
pub(super) struct Calls;

/// A connection that took its first SETTINGS. Dropping it closes the socket; calls hold it alive.
pub(super) struct Connection {
    name: Arc<str>,
    send: SendRequest<Sent>,
    calls: Arc<Calls>,
    failure: Arc<OnceLock<String>>,
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
        let (socket, greeted) = Watched::from_server(socket);
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
                    calls: Arc::downgrade(&calls),
                }
            });
        let failure = Arc::new(OnceLock::new());
        let watch = Watchers { keepalive, wire, stall_timeout: config.stall_timeout };
        let driver = drive(connection, watch, Arc::clone(&failure), Arc::clone(&name));
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        wait(greeted, &failure).await?;
        Ok(Self { name, send, calls, failure, driver, _server: server })
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
        .max_send_buffer_size(config.send_buffer_bytes);
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

/// When to ping, and how long to wait for the answer.
struct Keepalive {
    pings: PingPong,
    interval: Duration,
    timeout: Duration,
    calls: Weak<Calls>,
}

impl Keepalive {
    /// Resolves when the peer no longer answers.
    async fn watch(mut self) {
        loop {
            tokio::time::sleep(self.interval).await;
            // The connection itself holds one; a connection without calls is not pinged.
            if self.calls.strong_count() <= 1 {
                continue;
            }
            match tokio::time::timeout(self.timeout, self.pings.ping(Ping::opaque())).await {
                Ok(Ok(_pong)) => {}
                // The connection is over, which its own future reports.
                Ok(Err(_closed)) => return std::future::pending().await,
                Err(_elapsed) => return,
            }
        }
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

/// Moves the connection's bytes until it ends.
async fn drive<T: Socket>(
    connection: client::Connection<Watched<Paced<T>>, Sent>,
    watch: Watchers,
    failure: Arc<OnceLock<String>>,
    name: Arc<str>,
) {
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
