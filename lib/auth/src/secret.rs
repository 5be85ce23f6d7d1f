//! Secrets as they are kept: as digests, so that comparing tells nothing about the secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use wingbeat::{Credentials, Refusal};

/// What is kept of a secret. How long it takes to compare two of them tells where the digests
/// differ, which says nothing about the secrets.
pub(crate) type Digest = [u8; 32];

pub(crate) fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
}

/// A secret that nobody can guess.
pub(crate) fn random() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// What only the holder of a secret can make of a number, as text that a header may hold. Both
/// have one length, so that no such text says anything about another.
pub(crate) fn derived_text(secret: &[u8; 32], number: u64) -> String {
    URL_SAFE_NO_PAD.encode(digest(&[&secret[..], &number.to_be_bytes()].concat()))
}

/// The bytes of a token, in either of its shapes.
pub(crate) fn presented_token(credentials: Option<&Credentials>) -> Result<&[u8], Refusal> {
    match credentials {
        Some(Credentials::Bearer(token) | Credentials::AuthToken(token)) => Ok(token.as_bytes()),
        _ => Err(Refusal::new("no token is presented")),
    }
}
