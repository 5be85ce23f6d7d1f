//! [`PeerCertificate`]: what a client has shown.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The certificate of a client, which one of the server's roots has signed; a server finds it in
/// the request's extensions. Cheap to clone.
#[derive(Clone)]
pub struct PeerCertificate(Arc<Inner>);

struct Inner {
    chain: Vec<CertificateDer<'static>>,
    name: String,
}

impl PeerCertificate {
    /// `None` when it names nobody.
    pub(super) fn new(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let name = name_of(chain.first()?)?;
        let chain = chain.iter().map(|certificate| certificate.clone().into_owned()).collect();
        Some(Self(Arc::new(Inner { chain, name })))
    }

    /// Whom it is for: the first of its alternative names that is a URI, else the first DNS name,
    /// else the first mail address, else the common name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The certificate and those that it came with, in DER, the client's own first.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.0.chain.iter().map(AsRef::as_ref)
    }
}

impl fmt::Debug for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerCertificate").field("name", &self.0.name).finish_non_exhaustive()
    }
}

fn name_of(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let alternatives = certificate.subject_alternative_name().ok()?;
    let alternatives = alternatives.map(|found| found.value.general_names.as_slice());
    let first = |pick: fn(&GeneralName<'_>) -> bool| {
        alternatives.unwrap_or_default().iter().find(|name| pick(name)).and_then(text)
    };
    let name = first(|name| matches!(name, GeneralName::URI(_)))
        .or_else(|| first(|name| matches!(name, GeneralName::DNSName(_))))
        .or_else(|| first(|name| matches!(name, GeneralName::RFC822Name(_))))
        .or_else(|| certificate.subject().iter_common_name().find_map(|name| name.as_str().ok()))?;
    // Names go into logs and policies, line by line.
    (!name.is_empty() && !name.contains(char::is_control)).then(|| name.to_owned())
}

fn text<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    match name {
        GeneralName::URI(name) | GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => {
            Some(name)
        }
        _ => None,
    }
}
