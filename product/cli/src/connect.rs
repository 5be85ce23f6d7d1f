//! From the arguments to a client.

mod cookies;
mod credentials;

pub(crate) use self::credentials::are_presented;
use wingbeat::{Client, HeaderName, HeaderValue};

use crate::args::ConnectArgs;
use crate::bytes_arg::read_bytes;
use crate::exit::{Failure, Outcome};
use crate::tls::connect_tls;
use crate::url::FlightUrl;

/// A client for the server of `url`; it connects with its first call.
pub(crate) fn client(url: &FlightUrl, args: &ConnectArgs) -> Outcome<Client> {
    let tls = connect_tls(&url.address, &args.tls)?;
    let mut client = Client::new(url.address.to_string())?.with_tls(tls);
    for header in &args.headers {
        let Some((key, value)) = header.split_once('=') else {
            return Err(Failure::usage(format_args!("--header {header:?} is not KEY=VALUE")));
        };
        if is_secret(key) && !value.starts_with('@') {
            let hint = "arguments are seen by everybody on the machine: give it as @FILE or @-";
            return Err(Failure::usage(format_args!("the header {key} is a secret, and {hint}")));
        }
        client = client.with_header(header_name(key)?, header_value(key, &read_bytes(value)?)?);
    }
    client = credentials::present(client, args)?;
    if let Some(file) = &args.cookies {
        client = cookies::keep(client, &url.address, file)?;
    }
    if args.plaintext_credentials {
        client = client.with_plaintext_credentials();
    }
    if let Some(timeout) = args.timeout {
        client = client.with_timeout(timeout);
    }
    Ok(client)
}

/// Whether a header says who calls.
fn is_secret(key: &str) -> bool {
    const SECRETS: [&str; 3] = ["authorization", "auth-token-bin", "cookie"];
    SECRETS.iter().any(|name| key.trim().eq_ignore_ascii_case(name))
}

/// Reads the name of a header.
pub(crate) fn header_name(key: &str) -> Outcome<HeaderName> {
    let name = key.trim().to_ascii_lowercase();
    name.parse().map_err(|_| Failure::usage(format_args!("{key:?} is no name of a header")))
}

/// Reads the value of the header `key`; a line break at its end, as files have it, is left out.
pub(crate) fn header_value(key: &str, value: &[u8]) -> Outcome<HeaderValue> {
    HeaderValue::from_bytes(value.trim_ascii_end())
        .map_err(|_| Failure::usage(format_args!("the value of the header {key} is not allowed")))
}

/// Reads a URL of the command line.
pub(crate) fn parse_url(text: &str) -> Outcome<FlightUrl> {
    text.parse().map_err(Failure::usage)
}
