//! Reads an address. Strict: what would be dropped silently (a path, a user) is an error.

use std::ffi::OsString;
use std::net::Ipv6Addr;
use std::os::unix::ffi::OsStringExt;

use percent_encoding::percent_decode_str;

use super::{Address, AddressError, PORT_DEFAULT};

pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    let invalid = |reason| AddressError::Invalid { address: text.to_owned(), reason };
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(AddressError::Scheme { found: format!("address {text:?} names no scheme") });
    };
    match scheme.to_ascii_lowercase().as_str() {
        "grpc" | "grpc+tcp" => {
            host_port(rest).map(|(host, port)| Address::Tcp { host, port }).map_err(invalid)
        }
        "grpc+tls" => {
            host_port(rest).map(|(host, port)| Address::Tls { host, port }).map_err(invalid)
        }
        "grpc+unix" => unix(rest).map_err(invalid),
        _ => Err(AddressError::Scheme { found: format!("unknown scheme {scheme}:// in {text:?}") }),
    }
}

fn host_port(rest: &str) -> Result<(String, u16), &'static str> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return Err("it names a user, which gRPC has no place for");
    }
    if rest.contains(['/', '?', '#']) {
        return Err("only a host and a port are expected, without a path or query");
    }
    let (host, port) = match rest.strip_prefix('[') {
        Some(bracketed) => ipv6(bracketed)?,
        None => name(rest)?,
    };
    let port = match port {
        None => PORT_DEFAULT,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map_err(|_| "the port is not a number from 0 to 65535")?
        }
        Some(_) => return Err("the port is not a number from 0 to 65535"),
    };
    Ok((host, port))
}

/// `[addr]` or `[addr]:port`, after the opening bracket. A zone (`%25eth0`) may follow the address.
fn ipv6(rest: &str) -> Result<(String, Option<&str>), &'static str> {
    let (host, after) = rest.split_once(']').ok_or("the bracket [ is not closed")?;
    let host = percent_decode_str(host).decode_utf8().map_err(|_| NOT_UTF8)?.into_owned();
    let plain = host.split_once('%').map_or(host.as_str(), |(plain, _zone)| plain);
    plain.parse::<Ipv6Addr>().map_err(|_| "the brackets hold no IPv6 address")?;
    match after.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if after.is_empty() => Ok((host, None)),
        None => Err("a port is expected after the closing bracket"),
    }
}

/// `host` or `host:port`.
fn name(rest: &str) -> Result<(String, Option<&str>), &'static str> {
    let (host, port) = match rest.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            return Err("an IPv6 address needs brackets: grpc://[::1]:8815");
        }
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let host = percent_decode_str(host).decode_utf8().map_err(|_| NOT_UTF8)?.into_owned();
    if host.is_empty() {
        return Err("the host is missing");
    }
    if host.contains(|found: char| found.is_control() || found.is_whitespace()) {
        return Err("the host holds a space or a control character");
    }
    Ok((host, port))
}

fn unix(rest: &str) -> Result<Address, &'static str> {
    if rest.contains(['?', '#']) {
        return Err("only a path is expected, without a query");
    }
    let path: Vec<u8> = percent_decode_str(rest).collect();
    if path.first() != Some(&b'/') {
        return Err("a Unix socket needs an absolute path: grpc+unix:///run/name.sock");
    }
    if path.ends_with(b"/") {
        return Err("the path names a folder, not a socket");
    }
    if path.contains(&0) {
        return Err("the path holds a zero byte");
    }
    Ok(Address::Unix { path: OsString::from_vec(path).into() })
}

const NOT_UTF8: &str = "the host is not UTF-8";
