//! The cryptography: aws-lc-rs.

use std::sync::{Arc, OnceLock};

use rustls::CipherSuite;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// The one thing that is spoken above TLS (RFC 9113, 3.3).
pub(super) const H2: &[u8] = b"h2";

/// How much ciphertext waits for the socket. One write of it is one system call; rustls' default of
/// 64 KiB makes four times as many.
pub(super) const WRITE_BUFFER_BYTES: usize = 256 << 10;

/// aws-lc-rs with AES-128-GCM before AES-256-GCM, as BoringSSL and Go have it: as far from being
/// broken, and faster. Named here, so that nothing depends on a default of the whole process.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| {
        let mut provider = aws_lc_rs::default_provider();
        let first = CipherSuite::TLS13_AES_128_GCM_SHA256;
        provider.cipher_suites.sort_by_key(|suite| suite.suite() != first);
        Arc::new(provider)
    });
    Arc::clone(provider)
}
