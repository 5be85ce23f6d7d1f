//! The certificate of `wingbeat serve`.

use std::path::PathBuf;

use wingbeat::{Address, PemSource, ServerTls};

use super::self_signed::self_signed;
use crate::args::ServeTlsArgs;
use crate::exit::{Failure, Outcome};

/// What a server shows, and what is to be said about it.
#[derive(Debug, Clone)]
pub(crate) struct ServeTls {
    pub(crate) tls: ServerTls,
    /// The certificate that clients have to be given, where it signs itself.
    self_signed: Option<PathBuf>,
    requires_certificates: bool,
}

/// What a server shows at those of `bind` that are for TLS; `None` where nothing is said of it.
pub(crate) fn serve_tls(args: &ServeTlsArgs, bind: &[Address]) -> Outcome<Option<ServeTls>> {
    let (tls, self_signed) = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => (ServerTls::from_pem_files(certificate, key), None),
        _ if args.tls_self_signed => {
            let files = self_signed(bind)?;
            (ServerTls::from_pem_files(&files.certificate, &files.key), Some(files.certificate))
        }
        _ if args.tls_client_ca.is_some() => {
            let text = "--tls-client-ca needs --tls-cert and --tls-key, or --tls-self-signed";
            return Err(Failure::usage(text));
        }
        _ => return Ok(None),
    };
    let mut tls = tls.map_err(Failure::local)?;
    if let Some(roots) = &args.tls_client_ca {
        let roots = PemSource::file(roots);
        let with_roots = match args.tls_client_optional {
            true => tls.with_optional_client_roots(roots),
            false => tls.with_client_roots(roots),
        };
        tls = with_roots.map_err(Failure::local)?;
    }
    let requires_certificates = tls.requires_certificates();
    Ok(Some(ServeTls { tls, self_signed, requires_certificates }))
}

impl ServeTls {
    /// How clients trust a certificate that signs itself.
    pub(crate) fn hint(&self, addresses: &[Address]) -> Option<String> {
        let file = self.self_signed.as_ref()?;
        let address = addresses.iter().find_map(reachable)?;
        let (url, path) = (address.to_string(), file.display());
        let (flags, more) = match self.requires_certificates {
            true => (
                " --cert CERT --key KEY",
                ", cert_chain=open(\"CERT\", \"rb\").read(), \
                 private_key=open(\"KEY\", \"rb\").read()",
            ),
            false => ("", ""),
        };
        Some(format!(
            "clients trust this server by its certificate, {path}:\n  \
             wingbeat ls {url} --tls-roots {path}{flags}\n  \
             pyarrow.flight.connect({url:?}, tls_root_certs=open({file:?}, \"rb\").read(){more})"
        ))
    }
}

/// The address for TLS as a client on this machine would name it.
fn reachable(address: &Address) -> Option<Address> {
    let Address::Tls { host, port } = address else { return None };
    let is_any = host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_unspecified());
    let host = if is_any { "localhost".to_owned() } else { host.clone() };
    Some(Address::Tls { host, port: *port })
}
