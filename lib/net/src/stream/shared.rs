//! What everything that is sent on one connection shares.

use std::sync::Arc;

use super::traffic::Traffic;
use crate::following::Following;

/// What the calls of a connection know of each other, and of their socket.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionShared {
    /// How many of them send much.
    pub(super) traffic: Arc<Traffic>,
    /// Where they lend what follows the pieces that the socket is offered.
    pub(super) following: Arc<Following>,
}

impl ConnectionShared {
    /// Of a connection whose socket looks there.
    pub(crate) fn new(following: Arc<Following>) -> Self {
        Self { traffic: Arc::default(), following }
    }
}
