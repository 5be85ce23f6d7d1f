//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

/// The address of the client of a call; a server finds it in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerAddr {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A peer on this machine, over a Unix socket. Such a socket has no name of its own.
    Unix,
    /// A client in this very process ([`Channel::in_process`](crate::Channel::in_process)).
    InProcess,
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => addr.fmt(f),
            Self::Unix => f.write_str("unix"),
            Self::InProcess => f.write_str("in-process"),
        }
    }
}
