//! [`ServerOptions`]: the tuning of a server.

use wingbeat_net::ServerConfig;
use wingbeat_wire::Limits;
use wingbeat_wire::data::BodyPool;
use wingbeat_wire::ipc::EncodeOptions;

/// How a server talks to its clients. The defaults are meant to be right for most.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServerOptions {
    /// What a client may ask of this process.
    pub limits: Limits,
    /// How batches are encoded: the size of messages and compression. A
    /// [`BatchStream`](crate::BatchStream) may bring its own.
    pub encode: EncodeOptions,
    /// Connections: windows, frames, keepalive, how many, and how long a shutdown waits.
    pub transport: ServerConfig,
    /// Where received bodies get their memory. A pool of its own by default; a clone shares it.
    pub pool: BodyPool,
}

impl ServerOptions {
    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets [`encode`](Self::encode).
    #[must_use]
    pub fn with_encode(mut self, encode: EncodeOptions) -> Self {
        self.encode = encode;
        self
    }

    /// Sets [`pool`](Self::pool).
    #[must_use]
    pub fn with_pool(mut self, pool: BodyPool) -> Self {
        self.pool = pool;
        self
    }

    /// Sets [`transport`](Self::transport).
    #[must_use]
    pub fn with_transport(mut self, transport: ServerConfig) -> Self {
        self.transport = transport;
        self
    }
}
