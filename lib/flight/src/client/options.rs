//! [`ClientOptions`]: the tuning of a client.

use wingbeat_net::ChannelConfig;
use wingbeat_wire::Limits;
use wingbeat_wire::data::BodyPool;
use wingbeat_wire::ipc::EncodeOptions;

/// How a client talks to its server. The defaults are meant to be right for most.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ClientOptions {
    /// What a server may ask of this process.
    pub limits: Limits,
    /// How batches are encoded: the size of messages and compression. A
    /// [`BatchStream`](crate::BatchStream) may bring its own.
    pub encode: EncodeOptions,
    /// The connection: windows, frames, keepalive.
    pub transport: ChannelConfig,
    /// Where received bodies get their memory. A pool of its own by default; a clone shares it.
    pub pool: BodyPool,
}

impl ClientOptions {
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
    pub fn with_transport(mut self, transport: ChannelConfig) -> Self {
        self.transport = transport;
        self
    }
}
