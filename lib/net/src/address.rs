//! Where a server listens and a client connects.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

/// The port when an address names none. It is the one that Flight's examples use.
pub(crate) const PORT_DEFAULT: u16 = 8815;

/// What a host may not show as it is.
const HOST: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'/').add(b'?').add(b'#').add(b'@');

/// What a path may not show as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Where a server is: a host and port, or a Unix socket.
///
/// Written as Flight locations are: `grpc://host:port` (also `grpc+tcp://`), `grpc+tls://host:port`
/// (port 8815 where none is named) and `grpc+unix:///path/of/socket`. Hosts and paths may be
/// percent-encoded.
///
/// ```
/// let address: wingbeat_net::Address = "grpc+tcp://localhost".parse()?;
/// assert_eq!(address.to_string(), "grpc://localhost:8815");
/// # Ok::<(), wingbeat_net::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// Plaintext gRPC over TCP.
    Tcp {
        /// A name or an IP address; an IPv6 address without its brackets.
        host: String,
        /// The port; 0 lets a listener choose.
        port: u16,
    },
    /// gRPC over TLS.
    Tls {
        /// A name or an IP address; an IPv6 address without its brackets.
        host: String,
        /// The port; 0 lets a listener choose.
        port: u16,
    },
    /// gRPC over a Unix socket.
    Unix {
        /// The socket's path, absolute.
        path: PathBuf,
    },
}

/// Why a text is no [`Address`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The scheme is missing or not one of Flight's.
    #[error("{found} (expected grpc://, grpc+tcp://, grpc+tls:// or grpc+unix://)")]
    Scheme {
        /// What was found.
        found: String,
    },
    /// The rest is not what the scheme asks for.
    #[error("invalid address {address}: {reason}")]
    Invalid {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Address {
    /// What goes into the `:authority` of a call: `host:port`, or `localhost` for a Unix socket.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Tcp { host, port } | Self::Tls { host, port } => {
                HostPort { host, port: *port }.to_string()
            }
            Self::Unix { .. } => "localhost".to_owned(),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        parse::parse(text)
    }
}

/// Canonical: what [`FromStr`] reads back as an equal address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "grpc://{}", HostPort { host, port: *port }),
            Self::Tls { host, port } => {
                write!(f, "grpc+tls://{}", HostPort { host, port: *port })
            }
            Self::Unix { path } => {
                let path = path.as_os_str().as_encoded_bytes();
                write!(f, "grpc+unix://{}", percent_encode(path, PATH))
            }
        }
    }
}

/// A host and a port as URIs write them: brackets around an IPv6 address.
struct HostPort<'a> {
    host: &'a str,
    port: u16,
}

impl fmt::Display for HostPort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = utf8_percent_encode(self.host, HOST);
        if self.host.contains(':') {
            write!(f, "[{host}]:{}", self.port)
        } else {
            write!(f, "{host}:{}", self.port)
        }
    }
}
