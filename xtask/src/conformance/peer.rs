//! The peers, and what each does not do.

use super::cell::Side;

/// Another implementation of Flight.
#[derive(Debug)]
pub(super) struct Peer {
    /// Its folder in `interop/peers`.
    pub(super) id: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// Rows that it has no program for, and why. A side that is not named stands for both.
    absent: &'static [(Option<Side>, &'static str, &'static str)],
}

/// All of them, in the order of the page.
pub(super) const PEERS: &[Peer] = &[
    Peer { id: "cpp", label: "C++", absent: &[] },
    Peer {
        id: "python",
        label: "pyarrow",
        absent: &[(None, "poll_flight_info", "pyarrow has no PollFlightInfo")],
    },
    Peer {
        id: "go",
        label: "Go",
        absent: &[(None, "do_exchange:echo", "arrow-go's programs do not have it")],
    },
    Peer { id: "java", label: "Java", absent: &[] },
];

/// The peer of that id.
pub(super) fn find(id: &str) -> Option<&'static Peer> {
    PEERS.iter().find(|peer| peer.id == id)
}

impl Peer {
    /// Why there is no outcome for a row.
    pub(super) fn reason(&self, side: Side, row: &str) -> Option<&'static str> {
        let absent = self.absent.iter();
        let mut found =
            absent.filter(|(of, name, _)| of.is_none_or(|of| of == side) && *name == row);
        found.next().map(|(.., reason)| *reason)
    }
}
