//! A connection that was accepted: TLS first where its listener speaks that, then HTTP/2. All of it
//! in the connection's own task, so that a client that connects and says nothing delays nobody.

use std::convert::Infallible;

use tokio_util::sync::CancellationToken;
use tower::Service;

use super::config::ServerConfig;
use super::connection::serve_connection;
use crate::body::Body;
use crate::peer::{Peer, PeerAddr};
use crate::socket::Socket;
use crate::tls::ServerTls;

/// A connection, as its listener gave it.
pub(super) struct Accepted {
    pub(super) socket: Box<dyn Socket>,
    pub(super) addr: PeerAddr,
    pub(super) speaks_tls: bool,
}

/// Serves one connection until its end, see [`serve_connection`].
pub(super) async fn serve_accepted<S>(
    accepted: Accepted,
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
    let Accepted { socket, addr, speaks_tls } = accepted;
    let (socket, peer) = match &config.tls {
        Some(tls) if speaks_tls => {
            let secured = secure(tls, socket, addr, &config);
            match drain.run_until_cancelled(secured).await.flatten() {
                Some(secured) => secured,
                None => return,
            }
        }
        _ => (socket, addr.into()),
    };
    serve_connection(socket, peer, service, config, drain).await;
}

/// Begins TLS with a client that does so in time.
async fn secure(
    tls: &ServerTls,
    socket: Box<dyn Socket>,
    addr: PeerAddr,
    config: &ServerConfig,
) -> Option<(Box<dyn Socket>, Peer)> {
    match tokio::time::timeout(config.handshake_timeout, tls.accept(socket)).await {
        Ok(Ok((socket, certificate))) => {
            if let Some(certificate) = &certificate {
                tracing::debug!(peer = %addr, name = certificate.name(), "client certificate");
            }
            Some((Box::new(socket), Peer { addr, certificate }))
        }
        Ok(Err(reason)) => {
            tracing::info!(peer = %addr, "closing a connection without TLS: {reason}");
            None
        }
        Err(_elapsed) => {
            tracing::debug!(peer = %addr, "closing a connection that did not begin TLS in time");
            None
        }
    }
}
