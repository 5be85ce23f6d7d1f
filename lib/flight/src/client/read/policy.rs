//! [`LocationPolicy`]: where a server's answer may lead a client, and what goes along.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use http::HeaderName;
use wingbeat_net::{Address, Reach};
use wingbeat_wire::message::Location;

use super::home::{Home, host_port, is_local_name};
use super::hosts::Hosts;
use super::place::{Place, without_secrets};
use crate::client::address;
use crate::{Error, Origin, Result};

/// Where the locations in a server's answer may lead, and what is sent there.
///
/// By default a client goes wherever an answer leads, but for what could harm it:
///
/// - From a server over TLS to none without, nor from `https` to `http`.
/// - To a Unix socket, a loopback, link-local or unspecified address, by number or by name, only
///   from a server on this machine. What `0.0.0.0` or `[::]` stand for is taken to be the host that
///   was asked, since that is what servers mean that publish the address they listen on.
/// - `http` and `https` locations only on hosts that are [allowed](Self::allow_http_from).
///
/// And it shows what it was given for one server (headers, credentials, cookies) to that address
/// alone, the same in scheme, host and port. Its TLS certificate, which nobody can use who has seen
/// it, is shown wherever it is asked for.
#[derive(Debug, Clone, Default)]
pub struct LocationPolicy {
    only: Option<Hosts>,
    trusted: Hosts,
    http: Hosts,
    headers: Vec<HeaderName>,
    has_middleware: bool,
    allows_plaintext: bool,
    allows_local: bool,
}

impl LocationPolicy {
    /// Follows locations to these hosts, and to the server that was asked, and nowhere else. A host
    /// is `HOST`, `HOST:PORT`, `*.DOMAIN` or `*`; no host at all leaves the server that was asked.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for what is no host.
    pub fn only<H: AsRef<str>>(mut self, hosts: impl IntoIterator<Item = H>) -> Result<Self> {
        self.only.get_or_insert_default().extend(Hosts::parse(hosts)?);
        Ok(self)
    }

    /// Treats these hosts as the server that was asked: headers, credentials and cookies go there,
    /// and middleware runs. See [`only`](Self::only) for how a host is written.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for what is no host.
    pub fn trust_credentials_to<H: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self> {
        self.trusted.extend(Hosts::parse(hosts)?);
        Ok(self)
    }

    /// Reads `http://` and `https://` locations on these hosts, with the
    /// [fetcher](crate::ReadOptions::with_fetcher). See [`only`](Self::only) for how a host is
    /// written. One that is meant by `*.DOMAIN` or `*` alone may stand for no address of a private
    /// network, unless the server that was asked is on this machine.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for what is no host.
    pub fn allow_http_from<H: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self> {
        self.http.extend(Hosts::parse(hosts)?);
        Ok(self)
    }

    /// Sends this header of the client's to every server, as for tracing: `traceparent`.
    #[must_use]
    pub fn send_everywhere(mut self, header: HeaderName) -> Self {
        self.headers.push(header);
        self
    }

    /// Runs the client's middleware for the calls to every server. It is told the
    /// [address](crate::ClientCallInfo::address), and sees what that server answers.
    #[must_use]
    pub fn run_middleware_everywhere(mut self) -> Self {
        self.has_middleware = true;
        self
    }

    /// Follows a server over TLS to servers without: what is read there can be read, and changed,
    /// on the way.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.allows_plaintext = true;
        self
    }

    /// Follows any server to Unix sockets, loopback and link-local addresses, as a tunnel to a
    /// cluster may need.
    #[must_use]
    pub fn allow_local(mut self) -> Self {
        self.allows_local = true;
        self
    }

    /// Whether a header goes to servers that are not trusted.
    pub(super) fn sends_everywhere(&self, header: &HeaderName) -> bool {
        self.headers.contains(header)
    }

    /// Whether middleware runs for servers that are not trusted.
    pub(super) fn has_middleware_everywhere(&self) -> bool {
        self.has_middleware
    }

    /// Where a location leads.
    ///
    /// # Errors
    /// FAILED_PRECONDITION for what this policy refuses, UNAVAILABLE for what makes no sense.
    pub(super) fn judge(&self, home: &Home, location: &Location) -> Result<Place> {
        if location.is_reuse_connection() {
            return Ok(Place::Home);
        }
        let uri = location.uri.as_str();
        match uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
            Some(scheme @ ("http" | "https")) => self.judge_http(home, uri, scheme),
            _ => self.judge_server(home, uri),
        }
    }

    fn judge_server(&self, home: &Home, uri: &str) -> Result<Place> {
        let address = address::parse(uri).map_err(|error| {
            let text = format!("cannot read from the location {uri}: {}", error.message());
            Error::unavailable(text).with_origin(Origin::Peer)
        })?;
        let address = meant_by(address, home);
        if home.address.as_ref().is_some_and(|own| is_same(own, &address)) {
            return Ok(Place::Home);
        }
        let Some((host, port)) = host_port(&address) else {
            return match home.is_local || self.allows_local {
                true if self.only.is_none() => {
                    let (reach, is_trusted) = (Reach::Anywhere, false);
                    Ok(Place::Server { address, reach, is_trusted })
                }
                _ => Err(refused(uri, "a Unix socket is not for a server elsewhere to name")),
            };
        };
        if home.is_encrypted() && matches!(address, Address::Tcp { .. }) {
            self.check_plaintext(uri)?;
        }
        let reach = self.check_host(home, uri, host, port)?;
        let is_trusted = self.trusted.contains(host, port);
        Ok(Place::Server { address, reach, is_trusted })
    }

    fn judge_http(&self, home: &Home, whole: &str, scheme: &str) -> Result<Place> {
        let parsed = whole.parse::<http::Uri>().ok();
        let uri = &*without_secrets(whole);
        let Some(host) = parsed.as_ref().and_then(http::Uri::host) else {
            let text = format!("cannot read from the location {uri}: it names no host");
            return Err(Error::unavailable(text).with_origin(Origin::Peer));
        };
        let port = parsed.as_ref().and_then(http::Uri::port_u16);
        let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if home.is_encrypted() && scheme == "http" {
            self.check_plaintext(uri)?;
        }
        if !self.http.contains(host, port) {
            return Err(refused(uri, "its host is none of those allowed for http"));
        }
        let mut reach = self.check_host(home, uri, host, port)?;
        if reach != Reach::Anywhere && !self.http.names(host, port) {
            reach = Reach::PublicNetwork;
            if host.parse::<IpAddr>().is_ok_and(|ip| !reach.allows(ip)) {
                return Err(refused(
                    uri,
                    "an address of a private network has to be allowed itself",
                ));
            }
        }
        Ok(Place::Http { uri: whole.to_owned(), reach })
    }

    fn check_plaintext(&self, uri: &str) -> Result<()> {
        match self.allows_plaintext {
            true => Ok(()),
            false => {
                Err(refused(uri, "the server that was asked is reached over TLS, this is not"))
            }
        }
    }

    /// Which addresses a host may stand for.
    fn check_host(&self, home: &Home, uri: &str, host: &str, port: u16) -> Result<Reach> {
        if self.only.as_ref().is_some_and(|only| !only.contains(host, port)) {
            return Err(refused(uri, "its host is none of those allowed"));
        }
        let is_same_host = home.host().is_some_and(|own| own.eq_ignore_ascii_case(host));
        if home.is_local || self.allows_local || is_same_host {
            return Ok(Reach::Anywhere);
        }
        let reach = Reach::BeyondThisMachine;
        let ip = host.split_once('%').map_or(host, |(plain, _zone)| plain).parse::<IpAddr>();
        if is_local_name(host) || ip.is_ok_and(|ip| !reach.allows(ip)) {
            return Err(refused(
                uri,
                "an address on this machine or its link is not for a server \
                                     elsewhere to name",
            ));
        }
        Ok(reach)
    }
}

/// The host that was asked, in place of "all addresses of this machine".
fn meant_by(address: Address, home: &Home) -> Address {
    let is_unspecified = |host: &str| host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
    match (address, home.host()) {
        (Address::Tcp { host, port }, Some(own)) if is_unspecified(&host) => {
            Address::Tcp { host: own.to_owned(), port }
        }
        (Address::Tls { host, port }, Some(own)) if is_unspecified(&host) => {
            Address::Tls { host: own.to_owned(), port }
        }
        (address, _) => address,
    }
}

/// Whether two addresses are the same in scheme, host and port.
fn is_same(a: &Address, b: &Address) -> bool {
    let same = std::mem::discriminant(a) == std::mem::discriminant(b);
    match (host_port(a), host_port(b)) {
        (Some((a, a_port)), Some((b, b_port))) => {
            same && a.eq_ignore_ascii_case(b) && a_port == b_port
        }
        _ => a == b,
    }
}

fn refused(uri: &str, why: &str) -> Error {
    let text = format!("the location {uri} is refused: {why}");
    Error::failed_precondition(text).with_origin(Origin::Local)
}
