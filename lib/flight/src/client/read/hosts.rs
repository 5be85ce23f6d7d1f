//! [`Hosts`]: a list of hosts, as somebody has written it.

use crate::{Error, Result};

/// Hosts by name or address, with or without a port: `node-1`, `node-1:8815`, `*.example.org`,
/// `[fd00::1]:8815`, or `*` for all.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts(Vec<Pattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// In lower case, without a dot at its end.
    host: String,
    port: Option<u16>,
}

impl Hosts {
    /// # Errors
    /// INVALID_ARGUMENT for what is no host.
    pub(super) fn parse(texts: impl IntoIterator<Item: AsRef<str>>) -> Result<Self> {
        let parse = |text: &str| {
            Pattern::parse(text).ok_or_else(|| {
                let text = format!("{text:?} is no host (HOST, HOST:PORT, *.DOMAIN or *)");
                Error::invalid_argument(text)
            })
        };
        texts.into_iter().map(|text| parse(text.as_ref())).collect::<Result<_>>().map(Self)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn contains(&self, host: &str, port: u16) -> bool {
        let host = canonical(host);
        self.0.iter().any(|pattern| pattern.matches(&host, port))
    }

    /// Whether the host is one of them by its own name, not as one of many.
    pub(super) fn names(&self, host: &str, port: u16) -> bool {
        let host = canonical(host);
        self.0.iter().any(|pattern| pattern.host == host && pattern.matches(&host, port))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']')?;
                (host, (!after.is_empty()).then(|| after.strip_prefix(':')).flatten())
            }
            None => match text.rsplit_once(':') {
                // Several colons are an IPv6 address without a port.
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let plain = host.strip_prefix("*.").unwrap_or(host);
        if host != "*" && (plain.is_empty() || !plain.chars().all(is_name)) {
            return None;
        }
        let port = port.map(str::parse).transpose().ok()?;
        Some(Self { host: canonical(host), port })
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        let is_host = match self.host.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => self.host == host,
        };
        is_host && self.port.is_none_or(|own| own == port)
    }
}

fn canonical(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_ports() {
        let hosts = Hosts::parse(["Node-1", "node-2:8815", "*.b.org", "[fd00::1]:1", "::2"]);
        let hosts = hosts.unwrap();
        for (host, port, expected) in [
            ("node-1", 1, true),
            ("NODE-1.", 2, true),
            ("node-2", 8815, true),
            ("node-2", 8816, false),
            ("a.b.org", 1, true),
            ("a.c.b.org", 1, true),
            ("b.org", 1, false),
            ("ab.org", 1, false),
            (".b.org", 1, false),
            ("fd00::1", 1, true),
            ("fd00::1", 2, false),
            ("::2", 9, true),
            ("node-3", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(hosts.contains(host, port), expected, "{host}:{port}");
        }
        assert!(Hosts::parse(["*"]).unwrap().contains("any", 1));
        assert!(!Hosts::default().contains("any", 1));
        assert!(hosts.names("NODE-1", 7) && hosts.names("node-2", 8815));
        assert!(!hosts.names("a.b.org", 1) && !hosts.names("node-2", 1));
    }

    #[test]
    fn what_is_no_host() {
        for text in ["", "*.", "a b", "grpc://a", "a/b", "a:port", "a:99999", "u@a", "[::1", "a*"] {
            assert!(Hosts::parse([text]).is_err(), "{text}");
        }
    }
}
