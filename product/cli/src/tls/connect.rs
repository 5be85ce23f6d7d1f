//! Whom a command believes.

use wingbeat::{Address, ClientTls, PemSource};

use crate::args::ConnectTlsArgs;
use crate::exit::{Failure, Outcome};

/// How a client of `address` speaks TLS.
pub(crate) fn connect_tls(address: &Address, args: &ConnectTlsArgs) -> Outcome<ClientTls> {
    if let Some(flag) = args.first()
        && !matches!(address, Address::Tls { .. })
    {
        let text = format_args!("{flag} is for grpc+tls:// addresses, and {address} is none");
        return Err(Failure::usage(text));
    }
    let mut tls = ClientTls::default();
    if let Some(roots) = &args.tls_roots {
        tls = tls.with_roots(PemSource::file(roots));
    }
    if let (Some(certificate), Some(key)) = (&args.cert, &args.key) {
        tls = tls.with_certificate(PemSource::file(certificate), PemSource::file(key));
    }
    if let Some(name) = &args.tls_server_name {
        tls = tls.with_server_name(name);
    }
    if args.dangerously_accept_any_certificate {
        tls = tls.dangerously_accept_any_certificate();
    }
    Ok(tls)
}
