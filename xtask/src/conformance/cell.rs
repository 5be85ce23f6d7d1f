//! [`Grid`]: what has passed, and with which versions.

use std::collections::{BTreeMap, BTreeSet};

/// Which program the peer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Their client, our server.
    Client,
    /// Their server, our client.
    Server,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The peer's program, in words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Server => "the server",
        }
    }
}

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Grid {
    passed: BTreeSet<(&'static str, Side, String)>,
    /// The peers that took part, with what they are.
    pub(super) versions: BTreeMap<&'static str, String>,
}

impl Grid {
    /// Notes that a row passed with a peer.
    pub(super) fn insert(&mut self, peer: &'static str, side: Side, row: &str) {
        self.passed.insert((peer, side, row.to_owned()));
    }

    /// Whether a row passed with a peer.
    pub(super) fn contains(&self, peer: &'static str, side: Side, row: &str) -> bool {
        self.passed.contains(&(peer, side, row.to_owned()))
    }

    /// How many passed.
    pub(super) fn passed(&self) -> usize {
        self.passed.len()
    }
}
