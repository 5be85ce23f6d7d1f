//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

use crate::tls::PeerCertificate;

/// The address of the client of a call; a server finds it in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddr {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A peer on this machine, over a Unix socket. Such a socket has no name of its own.
    Unix,
    /// A client in this very process ([`Channel::in_process`](crate::Channel::in_process)).
    InProcess,
}

/// Who is at the other end, and what it has shown.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) addr: PeerAddr,
    pub(crate) certificate: Option<PeerCertificate>,
}

impl From<PeerAddr> for Peer {
    fn from(addr: PeerAddr) -> Self {
        Self { addr, certificate: None }
    }
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
