//! What a server can be tuned by.

use std::time::Duration;

use crate::tls::ServerTls;

/// The tuning of a server. Every default states why it is what it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The largest DATA frame that is accepted, announced as SETTINGS_MAX_FRAME_SIZE; 16 MiB. A
    /// message that arrives in one frame can be used as it lies there, so usual messages should
    /// fit; a frame announced and not sent costs address space alone. From 16 KiB to 16 MiB.
    pub frame_bytes_max: u32,
    /// How much a client may send on one call before it is read; 16 MiB. Several usual messages,
    /// and the largest frame: one that falls on the end of the window arrives in two and is copied.
    pub stream_window_bytes: u32,
    /// The same for all calls of a connection together; 64 MiB. It has to be several times a
    /// call's, else one upload that is not read stops every other call. It also bounds what one
    /// connection can make the server hold.
    pub connection_window_bytes: u32,
    /// How much of an answer waits, framed, for the socket, for each call; 2 MiB. The handler is
    /// asked for its next message once less than this is waiting; one more message can come on
    /// top, which counts whole.
    pub send_buffer_bytes: usize,
    /// How many calls one connection may run at once; 1024. Clients share one connection among all
    /// their threads, and calls beyond it wait without being told.
    pub concurrent_streams_max: u32,
    /// The largest headers of one call; 64 KiB. Flight carries tokens, cookies and, in some
    /// clients, whole queries there; the 16 KiB that are usual are too few.
    pub header_bytes_max: u32,
    /// How long a connection is silent before it is pinged; 30 s. `None` never pings.
    pub keepalive_interval: Option<Duration>,
    /// How long the ping's answer may take before the connection counts as dead; 20 s.
    pub keepalive_timeout: Duration,
    /// How long a connection may last; `None`, the default, for ever. Then it takes no new call
    /// (GOAWAY), the client makes another connection, and a load balancer can send that elsewhere.
    /// Each connection gets up to a tenth more or less, so that not all of them end at once.
    pub connection_age_max: Option<Duration>,
    /// How long the calls of a connection that is too old have to finish; `None`, the default, for
    /// ever.
    pub connection_age_grace: Option<Duration>,
    /// How long a client has, once connected, to begin with HTTP/2; 10 s. As much again before that
    /// for TLS. It ends connections that are opened and left half-open.
    pub handshake_timeout: Duration,
    /// How many connections are served at once; 1024, which is also the usual limit of open files
    /// of a shell. One more is told so (GOAWAY) and closed.
    pub connections_max: usize,
    /// How long a client may make no progress; 5 min. It is in the middle of a message, or takes
    /// nothing of its answer: then its call ends, and what the handler holds is free. It is in the
    /// middle of an HTTP/2 frame, or does not read its socket: then its connection ends. 256 bytes
    /// buy a second, so a trickle does not help, and no honest link is too slow. Between messages
    /// a client may rest. `None` waits for ever. A call with a deadline whose client does not read
    /// is ended soon after that already.
    pub stall_timeout: Option<Duration>,
    /// How long running calls have to finish after a shutdown was asked for; 30 s, what
    /// orchestrators wait before they kill.
    pub drain: Duration,
    /// The certificate that `grpc+tls://` listeners show; without one they cannot be served.
    pub tls: Option<ServerTls>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            frame_bytes_max: (16 << 20) - 1,
            stream_window_bytes: 16 << 20,
            connection_window_bytes: 64 << 20,
            send_buffer_bytes: 2 << 20,
            concurrent_streams_max: 1024,
            header_bytes_max: 64 << 10,
            keepalive_interval: Some(Duration::from_secs(30)),
            keepalive_timeout: Duration::from_secs(20),
            connection_age_max: None,
            connection_age_grace: None,
            handshake_timeout: Duration::from_secs(10),
            connections_max: 1024,
            stall_timeout: Some(Duration::from_secs(300)),
            drain: Duration::from_secs(30),
            tls: None,
        }
    }
}

impl ServerConfig {
    /// Sets [`connections_max`](Self::connections_max).
    #[must_use]
    pub fn with_connections_max(mut self, connections_max: usize) -> Self {
        self.connections_max = connections_max;
        self
    }

    /// Sets [`drain`](Self::drain).
    #[must_use]
    pub fn with_drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// Sets [`stall_timeout`](Self::stall_timeout).
    #[must_use]
    pub fn with_stall_timeout(mut self, stall_timeout: impl Into<Option<Duration>>) -> Self {
        self.stall_timeout = stall_timeout.into();
        self
    }

    /// Sets [`tls`](Self::tls).
    #[must_use]
    pub fn with_tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets [`connection_age_max`](Self::connection_age_max) and
    /// [`connection_age_grace`](Self::connection_age_grace).
    #[must_use]
    pub fn with_connection_age(mut self, max: Duration, grace: Option<Duration>) -> Self {
        self.connection_age_max = Some(max);
        self.connection_age_grace = grace;
        self
    }

    /// Sets [`handshake_timeout`](Self::handshake_timeout).
    #[must_use]
    pub fn with_handshake_timeout(mut self, handshake_timeout: Duration) -> Self {
        self.handshake_timeout = handshake_timeout;
        self
    }
}
