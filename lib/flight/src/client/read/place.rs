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
            Self::Http { uri, .. } => f.write_str(&without_secrets(uri)),
        }
    }
}

/// A URI as it may stand in an error or a log: without its query, where signatures are, and without
/// a user and password.
pub(super) fn without_secrets(uri: &str) -> String {
    let plain = uri.split_once(['?', '#']).map_or(uri, |(plain, _)| plain);
    let Some((scheme, rest)) = plain.split_once("://") else { return plain.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_shown() {
        for (uri, expected) in [
            ("https://a/b?X-Amz-Signature=1", "https://a/b"),
            ("https://user:secret@a:1/b@c?d", "https://a:1/b@c"),
            ("http://a", "http://a"),
            ("http://a?b", "http://a"),
            ("a?b", "a"),
        ] {
            assert_eq!(without_secrets(uri), expected);
        }
    }
}
