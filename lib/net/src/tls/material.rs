//! Reads certificates and keys out of PEM.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{PemSource, TlsError};

/// A certificate with its chain, or several roots. At least one.
pub(super) fn certificates(source: &PemSource) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&source.read()?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(TlsError(format!("there is no certificate in {source}"))),
        Err(_) => Err(TlsError(format!("{source} is not valid PEM"))),
    }
}

/// The first private key.
pub(super) fn key(source: &PemSource) -> Result<PrivateKeyDer<'static>, TlsError> {
    // What the parser found instead is not told: it may be part of the key.
    PrivateKeyDer::from_pem_slice(&source.read()?)
        .map_err(|_| TlsError(format!("there is no unencrypted private key in {source}")))
}
