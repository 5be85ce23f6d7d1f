//! [`Target`]: what is asked for, and of whom.

use http::Uri;
use http::uri::Scheme;
use wingbeat::{Error, Origin, Result};

/// A location, taken apart.
#[derive(Debug)]
pub(crate) struct Target {
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) is_encrypted: bool,
    /// The `host` header.
    pub(crate) authority: String,
    /// The path and the query, which goes nowhere else.
    pub(crate) path: String,
    /// The location as errors show it: the query may be a signature.
    pub(crate) name: String,
}

impl Target {
    /// # Errors
    /// UNAVAILABLE for what is no URL.
    pub(crate) fn parse(uri: &str) -> Result<Self> {
        let shown = uri.split_once(['?', '#']).map_or(uri, |(plain, _)| plain);
        let wrong = || {
            let shown = shown.rsplit_once('@').map_or(shown, |(_, rest)| rest);
            let text = format!("the location {shown} is no http or https URL");
            Error::unavailable(text).with_origin(Origin::Peer)
        };
        let uri: Uri = uri.parse().map_err(|_| wrong())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let (is_encrypted, scheme, usual_port) = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => (true, "https", 443),
            Some(scheme) if *scheme == Scheme::HTTP => (false, "http", 80),
            _ => return Err(wrong()),
        };
        let port = uri.port_u16().unwrap_or(usual_port);
        let authority = match port == usual_port {
            true => host.to_owned(),
            false => format!("{host}:{port}"),
        };
        let name = format!("{scheme}://{authority}{}", uri.path());
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, is_encrypted, authority, path, name })
    }

    /// An error that names the location, and lets others be tried.
    pub(crate) fn unavailable(&self, why: impl std::fmt::Display) -> Error {
        let text = format!("cannot read from {}: {why}", self.name);
        Error::unavailable(text).with_origin(Origin::Peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart() {
        for (uri, host, port, authority, path, name) in [
            ("http://a/b?c", "a", 80, "a", "/b?c", "http://a/b"),
            ("HTTPS://A:9/b", "A", 9, "A:9", "/b", "https://A:9/b"),
            ("https://u:p@[fd00::1]/", "fd00::1", 443, "[fd00::1]", "/", "https://[fd00::1]/"),
        ] {
            let target = Target::parse(uri).unwrap();
            assert_eq!((target.host.as_str(), target.port), (host, port), "{uri}");
            assert_eq!(target.authority, authority);
            assert_eq!((target.path.as_str(), target.name.as_str()), (path, name));
        }
        for uri in ["ftp://a", "a", "http:///b", "http://u:secret@a b/?secret"] {
            let error = Target::parse(uri).unwrap_err();
            assert!(!error.message().contains("secret"), "{error}");
        }
    }
}
