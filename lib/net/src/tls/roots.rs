//! Which roots vouch for a peer.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::RootCertStore;

use super::{PemSource, TlsError, material};

/// The roots in a file or text.
pub(super) fn of(source: &PemSource) -> Result<Arc<RootCertStore>, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in material::certificates(source)? {
        store.add(certificate).map_err(|error| {
            TlsError(format!("{source} holds what is no certificate of a root: {error}"))
        })?;
    }
    Ok(Arc::new(store))
}

/// The roots of this machine, read once a process. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
pub(super) fn system() -> Result<Arc<RootCertStore>, TlsError> {
    static SYSTEM: Mutex<Option<Arc<RootCertStore>>> = Mutex::new(None);
    let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = &*system {
        return Ok(Arc::clone(store));
    }
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // A machine's store may hold some that are too old to be understood.
    let (added, ignored) = store.add_parsable_certificates(found.certs);
    tracing::debug!(added, ignored, errors = ?found.errors, "read the roots of this machine");
    if added == 0 {
        let text = "this machine has no root certificates; others have to be named";
        return Err(TlsError(text.to_owned()));
    }
    let store = Arc::new(store);
    *system = Some(Arc::clone(&store));
    Ok(store)
}
