//! [`Reach`]: which addresses the name of a host may stand for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};

use crate::listener::describe;

/// Which addresses a client connects to, whatever the name of the host. An address that somebody
/// else has named, such as a location in a server's answer, may stand for this very machine, or
/// for what only its neighbours know: services that trust whoever can reach them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// Any address; right for what the user has named.
    #[default]
    Anywhere,
    /// No loopback, link-local, unspecified or multicast address. Names are looked up first, and
    /// the connection is made to the very address that was checked.
    BeyondThisMachine,
    /// As [`BeyondThisMachine`](Self::BeyondThisMachine), and no address of a private network
    /// either (RFC 1918, 6598 and 4193).
    PublicNetwork,
}

impl Reach {
    /// Whether a connection may be made to that address.
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::BeyondThisMachine => holds(address, is_elsewhere_v4, is_elsewhere_v6),
            Self::PublicNetwork => {
                let is_public = |v4| is_elsewhere_v4(v4) && !is_private_v4(v4);
                holds(address, is_public, |v6| is_elsewhere_v6(v6) && !v6.is_unique_local())
            }
        }
    }

    /// Connects to the first of the host's addresses that is allowed and answers.
    ///
    /// # Errors
    /// A text that says what is wrong.
    pub(super) async fn connect(self, host: &str, port: u16) -> Result<TcpStream, String> {
        if self == Self::Anywhere {
            return TcpStream::connect((host, port)).await.map_err(|error| describe(&error));
        }
        let found = lookup_host((host, port)).await.map_err(|error| describe(&error))?;
        let (allowed, refused): (Vec<SocketAddr>, Vec<_>) =
            found.partition(|address| self.allows(address.ip()));
        if let (true, Some(address)) = (allowed.is_empty(), refused.first()) {
            let ip = address.ip();
            return Err(format!("{host} is {ip}, where a server elsewhere may send nobody"));
        }
        TcpStream::connect(&allowed[..]).await.map_err(|error| describe(&error))
    }
}

/// Whether something holds for an address, and for the IPv4 address that it may be another form of:
/// mapped, translated (RFC 6052) or the old compatible one.
fn holds(address: IpAddr, v4: impl Fn(Ipv4Addr) -> bool, v6: impl Fn(Ipv6Addr) -> bool) -> bool {
    let address = match address.to_canonical() {
        IpAddr::V4(address) => return v4(address),
        IpAddr::V6(address) => address,
    };
    let [a, b, c, d, e, f, high, low] = address.segments();
    let is_translated = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
    let is_compatible = [a, b, c, d, e, f] == [0; 6];
    let [[i, j], [k, l]] = [high.to_be_bytes(), low.to_be_bytes()];
    let embedded = (is_translated || is_compatible).then_some(Ipv4Addr::new(i, j, k, l));
    v6(address) && embedded.is_none_or(v4)
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    // 100.64.0.0/10 is shared by the customers of a provider.
    address.is_private() || (a == 100 && b & 0xc0 == 64)
}

fn is_elsewhere_v4(address: Ipv4Addr) -> bool {
    !(address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        // All of "this network".
        || address.octets().starts_with(&[0]))
}

fn is_elsewhere_v6(address: Ipv6Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_unicast_link_local()
        || address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_its_link_are_told_from_the_rest() {
        for (address, is_beyond) in [
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("169.254.169.254", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("fe80::1", false),
            ("ff02::1", false),
            ("10.0.0.1", true),
            ("192.168.1.1", true),
            ("93.184.216.34", true),
            ("fd00::1", true),
            ("2001:db8::1", true),
            ("64:ff9b::a00:1", true),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(Reach::BeyondThisMachine.allows(address), is_beyond, "{address}");
            assert!(Reach::Anywhere.allows(address));
        }
    }

    #[test]
    fn private_networks_are_told_from_the_public_one() {
        for (address, is_public) in [
            ("93.184.216.34", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("100.128.0.1", true),
            ("2001:db8::1", true),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("fd00::1", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(Reach::PublicNetwork.allows(address), is_public, "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_stands_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // The second is how the system reads a short address.
        for host in ["localhost", "127.1"] {
            let error = Reach::BeyondThisMachine.connect(host, port).await.unwrap_err();
            assert!(error.contains("a server elsewhere may send nobody"), "{error}");
            assert!(Reach::Anywhere.connect("127.0.0.1", port).await.is_ok());
        }
    }
}
