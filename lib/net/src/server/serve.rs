//! The accept loop: takes connections, bounds them, and drains them at the end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::config::ServerConfig;
use super::refuse::refuse;
use super::secure::{Accepted, serve_accepted};
use crate::body::Body;
use crate::listener::Listener;

/// After an error of `accept` that concerns the whole process (too many open files, say), the loop
/// rests this long: the error stays until a connection closes.
const ACCEPT_REST: Duration = Duration::from_millis(100);
/// How many connections are told at a time that there is no room; more are closed as they are.
const REFUSALS_MAX: usize = 64;
/// When the kernel starts to probe a silent TCP connection.
const TCP_KEEPALIVE: Option<Duration> = Some(Duration::from_secs(60));

/// Serves `service` on all `listeners` until `shutdown` resolves, then drains: listeners close, no
/// new call is taken, running calls have [`ServerConfig::drain`] to finish, then are aborted.
///
/// Each request carries a [`PeerAddr`](crate::PeerAddr) in its extensions. A handler that panics
/// answers INTERNAL, and its connection goes on. Dropping the returned future aborts everything at
/// once.
///
/// # Errors
/// When there is no listener, or one for TLS and no certificate ([`ServerConfig::tls`]). What goes
/// wrong with single connections, or with accepting them, is logged and does not end the server.
pub async fn serve<S>(
    listeners: Vec<Listener>,
    service: S,
    config: ServerConfig,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    if listeners.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no listener to serve"));
    }
    if let Some(listener) = listeners.iter().find(|listener| listener.speaks_tls())
        && config.tls.is_none()
    {
        let text = format!("there is no certificate for {}", listener.local_addr());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    if let Some(tls) = &config.tls {
        tls.warn_if_readable();
    }
    let drain = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut refusals = JoinSet::new();
    let mut acceptor = Acceptor { listeners, next: 0 };
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = acceptor.accept() => accepted,
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => {
                log_panic(ended);
                continue;
            }
            Some(_) = refusals.join_next() => continue,
        };
        let peer = accepted.addr;
        if connections.len() < config.connections_max {
            tracing::debug!(%peer, "connection accepted");
            let drain = drain.clone();
            let served = serve_accepted(accepted, service.clone(), config.clone(), drain);
            connections.spawn(served);
        } else {
            let limit = config.connections_max;
            tracing::warn!(%peer, limit, "connection refused: too many are open");
            if refusals.len() < REFUSALS_MAX {
                refusals.spawn(refuse(accepted, config.tls.clone()));
            }
        }
    }
    drop(acceptor);
    drain.cancel();
    tracing::debug!(connections = connections.len(), "draining");
    let drained = tokio::time::timeout(config.drain, async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    });
    if drained.await.is_err() {
        tracing::warn!(connections = connections.len(), "calls still running are aborted");
        connections.shutdown().await;
    }
    Ok(())
}

/// All listeners as one.
struct Acceptor {
    listeners: Vec<Listener>,
    /// Which listener is asked first, so that a busy one does not shut out the others.
    next: usize,
}

impl Acceptor {
    /// The next connection. Cancel-safe.
    async fn accept(&mut self) -> Accepted {
        loop {
            match self.accept_once().await {
                Ok(accepted) => return accepted,
                // The client gave up while it waited in the queue.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    async fn accept_once(&mut self) -> io::Result<Accepted> {
        poll_fn(|cx| {
            let (before, from) = self.listeners.split_at(self.next);
            for (offset, listener) in from.iter().chain(before).enumerate() {
                if let Poll::Ready(accepted) = listener.poll_accept(cx, TCP_KEEPALIVE) {
                    self.next = (self.next + offset + 1) % self.listeners.len();
                    let speaks_tls = listener.speaks_tls();
                    return Poll::Ready(accepted.map(|(socket, addr)| Accepted {
                        socket,
                        addr,
                        speaks_tls,
                    }));
                }
            }
            Poll::Pending
        })
        .await
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "the task of a connection panicked");
    }
}
