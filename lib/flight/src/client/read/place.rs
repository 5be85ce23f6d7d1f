//! [`Place`]: a location that may be read from.

use std::fmt;

use wingbeat_net::{Address, Reach};

/// Where an endpoint is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The server that was asked.
    Home,
    /// Another one.
    Server {
        address: Address,
        /// Which addresses its host may stand for.
        reach: Reach,
        /// Whether it gets what the server that was asked gets.
        is_trusted: bool,
    },
    /// Behind a GET.
    Http { uri: String, reach: Reach },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => f.write_str("the server that was asked"),
            Self::Server { address, .. } => address.fmt(f),
            Self::Http { uri, .. } => f.write_str(uri),
        }
    }
}
