//! How a channel gets a connection.

use std::sync::Arc;

use tokio::io::DuplexStream;
use tokio::net::UnixStream;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::grpc::Code;

use super::config::ChannelConfig;
use super::connection::Connection;
use crate::address::Address;
use crate::listener::describe;
use crate::socket::{tune, tune_unix};
use crate::status::Status;

/// Starts a server on the far end of a new pipe.
pub(super) type StartServer = dyn Fn() -> (DuplexStream, AbortOnDropHandle<()>) + Send + Sync;

/// Where the other end is.
#[derive(Clone)]
pub(super) enum Connector {
    Address(Address),
    InProcess(Arc<StartServer>),
}

impl Connector {
    /// What errors call the peer.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::InProcess(_) => "the server in this process".to_owned(),
        }
    }

    /// The `:authority` of calls.
    pub(super) fn authority(&self) -> String {
        match self {
            Self::Address(address) => address.authority(),
            Self::InProcess(_) => "localhost".to_owned(),
        }
    }

    /// Connects, and waits for the peer to begin with HTTP/2.
    ///
    /// # Errors
    /// UNAVAILABLE, naming the address and the cause.
    pub(super) async fn connect(self, config: ChannelConfig) -> Result<Arc<Connection>, Status> {
        let name: Arc<str> = self.name().into();
        let protocol = match &self {
            Self::Address(Address::Tls { .. }) => "TLS and HTTP/2",
            _ => "HTTP/2",
        };
        let connecting = self.open(Arc::clone(&name), &config);
        let cause = match tokio::time::timeout(config.connect_timeout, connecting).await {
            Ok(Ok(connection)) => {
                tracing::debug!(peer = %name, "connected");
                return Ok(Arc::new(connection));
            }
            Ok(Err(cause)) => cause,
            Err(_elapsed) => {
                format!("no {} answer within {:?}", protocol, config.connect_timeout)
            }
        };
        tracing::debug!(peer = %name, cause, "cannot connect");
        Err(Status::new(Code::Unavailable, format!("cannot connect to {name}: {cause}")))
    }

    async fn open(&self, name: Arc<str>, config: &ChannelConfig) -> Result<Connection, String> {
        match self {
            Self::Address(Address::Tcp { host, port }) => {
                let stream = config.reach.connect(host, *port).await?;
                tune(&stream, config.tcp_keepalive);
                Connection::start(stream, name, None, config).await
            }
            Self::Address(Address::Tls { host, port }) => {
                let stream = config.reach.connect(host, *port).await?;
                tune(&stream, config.tcp_keepalive);
                let stream = config.tls.connect(host, stream).await?;
                Connection::start(stream, name, None, config).await
            }
            Self::Address(Address::Unix { path }) => {
                let stream = UnixStream::connect(path).await;
                let stream = stream.map_err(|error| describe(&error))?;
                tune_unix(&stream);
                Connection::start(stream, name, None, config).await
            }
            Self::InProcess(start) => {
                let (stream, server) = start();
                Connection::start(stream, name, Some(server), config).await
            }
        }
    }
}
