//! What a client's connection can be tuned by.

use std::time::Duration;

use super::reach::Reach;
use crate::tls::ClientTls;

/// The tuning of a channel. Every default states why it is what it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChannelConfig {
    /// The largest DATA frame that is accepted, announced as SETTINGS_MAX_FRAME_SIZE; 16 MiB. See
    /// [`ServerConfig::frame_bytes_max`](crate::ServerConfig::frame_bytes_max).
    pub frame_bytes_max: u32,
    /// How much the server may send on one call before it is read; 16 MiB.
    pub stream_window_bytes: u32,
    /// The same for all calls of the connection together; 2 GiB less one byte, the most there is.
    /// HTTP/2 gives it back as answers are read, so it is to be a call's window for each answer
    /// that is open and not read, else those stop every other call; what is held is then bounded by
    /// how many calls are open.
    pub connection_window_bytes: u32,
    /// How much of an upload waits, framed, for the socket, for each call; 2 MiB. The source is
    /// asked for its next message once less than this is waiting.
    pub send_buffer_bytes: usize,
    /// The largest headers or trailers of one call; 64 KiB.
    pub header_bytes_max: u32,
    /// How long connecting may take, until the server has said its first words of HTTP/2; 10 s.
    pub connect_timeout: Duration,
    /// How long a TCP connection is silent before the kernel probes whether the peer is still
    /// there; 60 s, and 30 s more until it counts as gone. `None` leaves the kernel's own setting.
    pub tcp_keepalive: Option<Duration>,
    /// How long a connection with running calls is silent before it is pinged (HTTP/2 PING).
    /// `None`, the default, never pings: servers on gRPC's own libraries close the connection of a
    /// client that pings more often than every five minutes. Of use where a proxy in between hides
    /// that the server is gone, against servers known to allow it.
    pub keepalive_interval: Option<Duration>,
    /// How long the ping's answer may take before the connection counts as dead; 20 s.
    pub keepalive_timeout: Duration,
    /// How long the server may make no progress; 5 min. It is in the middle of a message, or takes
    /// nothing of an upload: then the call fails with DEADLINE_EXCEEDED. It is in the middle of an
    /// HTTP/2 frame, or does not read its socket: then the connection ends, and its calls fail with
    /// UNAVAILABLE. 256 bytes buy a second. A server that has not begun to answer, or rests between
    /// messages, may take its time: that is for a call's own timeout. `None` waits for ever.
    pub stall_timeout: Option<Duration>,
    /// Whom TLS believes, and what it shows, at `grpc+tls://` addresses. The default believes the
    /// roots of this machine and shows nothing.
    pub tls: ClientTls,
    /// Which addresses a host may stand for; any.
    pub reach: Reach,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            frame_bytes_max: (16 << 20) - 1,
            stream_window_bytes: 16 << 20,
            connection_window_bytes: (1 << 31) - 1,
            send_buffer_bytes: 2 << 20,
            header_bytes_max: 64 << 10,
            connect_timeout: Duration::from_secs(10),
            tcp_keepalive: Some(Duration::from_secs(60)),
            keepalive_interval: None,
            keepalive_timeout: Duration::from_secs(20),
            stall_timeout: Some(Duration::from_secs(300)),
            tls: ClientTls::default(),
            reach: Reach::default(),
        }
    }
}

impl ChannelConfig {
    /// Sets [`connect_timeout`](Self::connect_timeout).
    #[must_use]
    pub fn with_connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.connect_timeout = connect_timeout;
        self
    }

    /// Sets [`keepalive_interval`](Self::keepalive_interval).
    #[must_use]
    pub fn with_keepalive_interval(mut self, keepalive_interval: Option<Duration>) -> Self {
        self.keepalive_interval = keepalive_interval;
        self
    }

    /// Sets [`keepalive_timeout`](Self::keepalive_timeout).
    #[must_use]
    pub fn with_keepalive_timeout(mut self, keepalive_timeout: Duration) -> Self {
        self.keepalive_timeout = keepalive_timeout;
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
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = tls;
        self
    }

    /// Sets [`reach`](Self::reach).
    #[must_use]
    pub fn with_reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }
}
