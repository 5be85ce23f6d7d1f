//! Pings a peer that has become silent, and tells when it is gone.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use h2::{Ping, PingPong};

use crate::stall::Wire;

/// Held once by each running call, so that their number can be told.
#[derive(Debug)]
pub(crate) struct Calls;

/// When to ping, and how long to wait for the answer.
pub(crate) struct Keepalive {
    pub(crate) pings: PingPong,
    /// How long the peer is silent before it is pinged.
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// What the peer says. Anything counts as a sign of life.
    pub(crate) wire: Arc<Wire>,
    /// Where pings are for running calls only; the connection itself holds one.
    pub(crate) calls: Option<Weak<Calls>>,
}

impl Keepalive {
    /// Resolves when the peer no longer answers.
    pub(crate) async fn watch(mut self) {
        loop {
            self.silence().await;
            let is_idle = self.calls.as_ref().is_some_and(|calls| calls.strong_count() <= 1);
            if !is_idle && !self.answers().await {
                return;
            }
        }
    }

    /// Resolves once nothing was heard for an interval.
    async fn silence(&self) {
        let mut heard = self.wire.heard();
        loop {
            tokio::time::sleep(self.interval).await;
            let now = self.wire.heard();
            if now == heard {
                return;
            }
            heard = now;
        }
    }

    /// Whether the peer shows itself within the timeout.
    async fn answers(&mut self) -> bool {
        let wire = Arc::clone(&self.wire);
        let mut pong = pin!(self.pings.ping(Ping::opaque()));
        let mut heard = wire.heard();
        loop {
            match tokio::time::timeout(self.timeout, &mut pong).await {
                Ok(Ok(_pong)) => return true,
                // The connection is over, which its own future reports.
                Ok(Err(_closed)) => return std::future::pending().await,
                // Its answer may be far behind what it is sending.
                Err(_elapsed) if wire.heard() != heard => heard = wire.heard(),
                Err(_elapsed) => return false,
            }
        }
    }
}
