//! The end of a body that h2 has and the peer has not taken yet.

use std::future::poll_fn;
use std::sync::Arc;

use h2::{Reason, SendStream};

use crate::stall::{Ledger, Sent};

/// A body that was handed over to its end. Dropped before the peer took all of it, it resets the
/// call, which nobody else could end.
pub(crate) struct Tail {
    stream: SendStream<Sent>,
    ledger: Arc<Ledger>,
}

impl Tail {
    pub(super) fn new(stream: SendStream<Sent>, ledger: Arc<Ledger>) -> Self {
        Self { stream, ledger }
    }

    /// Resolves once the peer has taken everything.
    pub(crate) async fn taken(self) {
        poll_fn(|cx| self.ledger.poll_below(0, cx)).await;
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if self.ledger.under_way() > 0 {
            self.stream.send_reset(Reason::CANCEL);
        }
    }
}

#[cfg(test)]
mod tests;
