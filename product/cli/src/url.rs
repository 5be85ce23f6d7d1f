//! Where a flight is: `grpc://host[:port]/path`, as people type it.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use wingbeat::Address;

/// The grammar, for `--help`.
pub(crate) const GRAMMAR: &str = "\
Flights are addressed like files:
  grpc://HOST[:PORT][/PATH]      a flight, or the server alone; the port defaults to 8815
  grpc://HOST/PREFIX/            a trailing slash means every flight below PREFIX
  grpc+tcp://...                 the same as grpc://
  grpc+unix:///SOCKET[?path=P]   a Unix socket; the flight's path stands in the query
Each component of the path is percent-decoded (%2F is a slash inside a component, %20 a space).";

/// What is escaped when a component is shown.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'%').add(b'/').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>');

/// A server and, if the URL goes on, a flight or a prefix of flights on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlightUrl {
    /// The server.
    pub(crate) address: Address,
    /// The components of the path, decoded; empty for the server alone.
    pub(crate) path: Vec<String>,
    /// Whether the path ended with a slash.
    pub(crate) is_prefix: bool,
}

/// A URL that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UrlError(String);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

impl FlightUrl {
    /// The path as one string, components joined by slashes.
    pub(crate) fn name(&self) -> String {
        self.path.join("/")
    }

    /// The same server with `component` behind the path.
    pub(crate) fn join(&self, component: &str) -> Self {
        let mut url = self.clone();
        url.path.push(component.to_owned());
        url.is_prefix = false;
        url
    }
}

impl FromStr for FlightUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            let hint = "a flight is addressed as grpc://HOST[:PORT]/PATH";
            return Err(UrlError(format!("{text:?} has no scheme: {hint}")));
        };
        let (authority, path) = if scheme == "grpc+unix" {
            split_unix(rest)?
        } else {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            if path.contains(['?', '#']) {
                return Err(UrlError(format!("{text:?}: ? and # are written %3F and %23")));
            }
            (authority, path)
        };
        let address = format!("{scheme}://{authority}");
        let address = address.parse().map_err(|e| UrlError(format!("{text:?}: {e}")))?;
        let is_prefix = path.is_empty() || path.ends_with('/');
        let path = decode(path.trim_matches('/'))
            .map_err(|reason| UrlError(format!("{text:?}: {reason}")))?;
        Ok(Self { address, path, is_prefix })
    }
}

impl fmt::Display for FlightUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<String> =
            self.path.iter().map(|part| utf8_percent_encode(part, ESCAPED).to_string()).collect();
        let mut path = path.join("/");
        if self.is_prefix && !path.is_empty() {
            path.push('/');
        }
        match &self.address {
            Address::Unix { .. } if path.is_empty() => write!(f, "{}", self.address),
            Address::Unix { .. } => write!(f, "{}?path={path}", self.address),
            _ => write!(f, "{}/{path}", self.address),
        }
    }
}

/// Splits what follows `grpc+unix://` into the socket and the flight's path.
fn split_unix(rest: &str) -> Result<(&str, &str), UrlError> {
    let Some((socket, query)) = rest.split_once('?') else { return Ok((rest, "")) };
    match query.strip_prefix("path=") {
        Some(path) if !path.contains('&') => Ok((socket, path)),
        _ => Err(UrlError(format!("?{query}: a socket's URL takes ?path=PATH and nothing else"))),
    }
}

/// The decoded components of a path without outer slashes.
fn decode(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/').map(decode_component).collect()
}

fn decode_component(part: &str) -> Result<String, String> {
    if part.is_empty() {
        return Err("the path has an empty component".to_owned());
    }
    let decoded = percent_decode_str(part).decode_utf8();
    decoded.map(Into::into).map_err(|_| format!("{part:?} is not UTF-8 when decoded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> FlightUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_names_a_flight_and_a_trailing_slash_a_prefix() {
        let flight = url("grpc://localhost:9/a/b");
        assert_eq!(flight.path, ["a", "b"]);
        assert!(!flight.is_prefix);
        assert!(url("grpc://localhost/a/").is_prefix);
        assert_eq!(url("grpc://localhost").path, Vec::<String>::new());
        assert!(url("grpc://localhost").is_prefix);
    }

    #[test]
    fn the_port_defaults_to_8815() {
        let Address::Tcp { host, port } = url("grpc://data/x").address else { panic!() };
        assert_eq!((host.as_str(), port), ("data", 8815));
    }

    #[test]
    fn components_are_percent_decoded() {
        assert_eq!(url("grpc://h/a%2Fb/c%20d").path, ["a/b", "c d"]);
        assert_eq!(url("grpc://h/a%2Fb/c%20d").to_string(), "grpc://h:8815/a%2Fb/c%20d");
    }

    #[test]
    fn a_socket_takes_the_path_from_the_query() {
        let flight = url("grpc+unix:///run/wb.sock?path=a/b");
        assert_eq!(flight.path, ["a", "b"]);
        assert_eq!(flight.to_string(), "grpc+unix:///run/wb.sock?path=a/b");
        assert!("grpc+unix:///run/wb.sock?pfad=a".parse::<FlightUrl>().is_err());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("localhost:8815/a", "no scheme"),
            ("http://localhost/a", "grpc://"),
            ("grpc://h/a//b", "empty component"),
            ("grpc://h/a?b", "%3F"),
            ("grpc://h/%ff", "UTF-8"),
        ] {
            let error = text.parse::<FlightUrl>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
