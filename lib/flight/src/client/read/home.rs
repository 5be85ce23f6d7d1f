//! [`Home`]: the server that a flight was asked of, which may send its reader elsewhere.

use std::net::IpAddr;

use tokio::net::lookup_host;
use wingbeat_net::Address;

/// The server that was asked.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// `None` in process.
    pub(super) address: Option<Address>,
    /// Whether it runs on this machine, so that it may name addresses here.
    pub(super) is_local: bool,
}

impl Home {
    /// The host that the user has named.
    pub(super) fn host(&self) -> Option<&str> {
        self.address.as_ref().and_then(host_port).map(|(host, _)| host)
    }

    /// Whether what is sent there is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.address, Some(Address::Tls { .. }))
    }
}

/// Whether a server runs on this machine: a name does if all of its addresses are loopback ones.
pub(super) async fn is_local(address: Option<&Address>) -> bool {
    let Some((host, port)) = address.and_then(host_port) else { return true };
    if is_local_name(host) {
        return true;
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return ip.to_canonical().is_loopback();
    }
    match lookup_host((host, port)).await {
        Ok(found) => {
            let mut found = found.peekable();
            found.peek().is_some() && found.all(|address| address.ip().to_canonical().is_loopback())
        }
        Err(_) => false,
    }
}

/// Whether a name is for this machine by definition (RFC 6761).
pub(super) fn is_local_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// The host and port of an address; `None` for a Unix socket.
pub(super) fn host_port(address: &Address) -> Option<(&str, u16)> {
    match address {
        Address::Tcp { host, port } | Address::Tls { host, port } => Some((host, *port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn servers_on_this_machine() {
        for (address, expected) in [
            ("grpc://127.0.0.1:1", true),
            ("grpc+tls://[::1]:1", true),
            ("grpc://LocalHost.:1", true),
            ("grpc://a.localhost:1", true),
            ("grpc+unix:///a", true),
            ("grpc://10.0.0.1:1", false),
            ("grpc://0.0.0.0:1", false),
            ("grpc://notlocalhost.invalid:1", false),
        ] {
            assert_eq!(is_local(Some(&address.parse().unwrap())).await, expected, "{address}");
        }
        assert!(is_local(None).await);
    }
}
