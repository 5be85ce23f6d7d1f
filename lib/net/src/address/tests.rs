//! The table of addresses.

use super::Address;

fn tcp(host: &str, port: u16) -> Result<Address, String> {
    Ok(Address::Tcp { host: host.to_owned(), port })
}

fn unix(path: &str) -> Result<Address, String> {
    Ok(Address::Unix { path: path.into() })
}

fn error(text: &str) -> Result<Address, String> {
    Err(text.to_owned())
}

#[track_caller]
fn check(text: &str, expect: Result<Address, String>) {
    let found = text.parse::<Address>().map_err(|error| error.to_string());
    match (&found, &expect) {
        (Err(found), Err(part)) => assert!(found.contains(part.as_str()), "{text}: {found}"),
        _ => assert_eq!(found, expect, "{text}"),
    }
    if let Ok(address) = found {
        assert_eq!(address.to_string().parse(), Ok(address), "{text} does not read back");
    }
}

#[test]
fn tcp_addresses() {
    check("grpc://host", tcp("host", 8815));
    check("grpc://host/", tcp("host", 8815));
    check("grpc+tcp://host:1", tcp("host", 1));
    check("GRPC://127.0.0.1:0", tcp("127.0.0.1", 0));
    check("grpc://[::1]:1", tcp("::1", 1));
    check("grpc://[::1]", tcp("::1", 8815));
    check("grpc://[fe80::1%25eth0]:9", tcp("fe80::1%eth0", 9));
    check("grpc://g%C3%A4nse:65535", tcp("gänse", 65535));
}

#[test]
fn tls_addresses() {
    let tls = |host: &str, port| Ok(Address::Tls { host: host.to_owned(), port });
    check("grpc+tls://host", tls("host", 8815));
    check("GRPC+TLS://[::1]:1/", tls("::1", 1));
    check("grpc+tls://host/path", error("without a path"));
    check("grpc+tls://me@host", error("names a user"));
}

#[test]
fn unix_addresses() {
    check("grpc+unix:///run/wb.sock", unix("/run/wb.sock"));
    check("grpc+unix:///run/a%20b%3F.sock", unix("/run/a b?.sock"));
    check("grpc+unix://%2Frun%2Fwb.sock", unix("/run/wb.sock"));
}

#[test]
fn what_is_no_address_says_why() {
    check("", error("names no scheme"));
    check("localhost:8815", error("names no scheme"));
    check("http://host:1", error("unknown scheme http://"));
    check("http://host:1", error("expected grpc://, grpc+tcp://, grpc+tls:// or grpc+unix://"));
    check("grpc://", error("host is missing"));
    check("grpc://:1", error("host is missing"));
    check("grpc://host:", error("port is not a number"));
    check("grpc://host:+1", error("port is not a number"));
    check("grpc://host:65536", error("port is not a number"));
    check("grpc://host/path", error("without a path"));
    check("grpc://host?x=1", error("without a path or query"));
    check("grpc://me@host", error("names a user"));
    check("grpc://::1:1", error("needs brackets"));
    check("grpc://[::1", error("not closed"));
    check("grpc://[host]:1", error("no IPv6 address"));
    check("grpc://[::1]1", error("port is expected after"));
    check("grpc://%FF", error("not UTF-8"));
    check("grpc://a b", error("space"));
    check("grpc+unix://run/wb.sock", error("absolute path"));
    check("grpc+unix:///run/", error("names a folder"));
    check("grpc+unix:///a%00b", error("zero byte"));
    check("grpc+unix:///a?path=b", error("without a query"));
}
