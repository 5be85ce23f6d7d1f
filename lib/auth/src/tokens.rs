//! [`StaticTokens`]: bearer tokens that stand in a file.

use std::collections::HashMap;
use std::path::PathBuf;

use wingbeat::{AuthAttempt, Authenticated, Authenticator, PeerIdentity, Refusal};

use crate::LoadError;
use crate::lines;
use crate::secret::{Digest, digest, presented_token};
use crate::watched::Watched;

/// A shorter token could be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// Bearer tokens that are handed out by hand. They are taken as `authorization: Bearer` and as
/// `auth-token-bin`.
#[derive(Debug, Clone)]
pub struct StaticTokens(Watched<Table>);

#[derive(Debug, Default)]
struct Table(HashMap<Digest, PeerIdentity>);

impl StaticTokens {
    /// The tokens of a file: `NAME:TOKEN` or `NAME:TOKEN:ROLE,ROLE` a line, the token of at least
    /// 16 of the characters that a bearer token may have. A name may have several lines, for a
    /// token that replaces another one. The file is read again when it changes.
    ///
    /// # Errors
    /// When the file cannot be read or has other lines.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, LoadError> {
        Ok(Self(Watched::new_secret(path.into(), Table::parse, |_| true)?))
    }

    /// These tokens.
    pub fn new<T: AsRef<[u8]>>(tokens: impl IntoIterator<Item = (PeerIdentity, T)>) -> Self {
        let tokens = tokens.into_iter();
        let table = tokens.map(|(identity, token)| (digest(token.as_ref()), identity)).collect();
        Self(Watched::fixed(Table(table)))
    }
}

impl Table {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut table = HashMap::new();
        for line in lines::parse(bytes)? {
            let (number, token) = (line.number, line.secret.as_bytes());
            if token.len() < TOKEN_BYTES_MIN {
                let text = format!("the token of line {number} is shorter than {TOKEN_BYTES_MIN}");
                return Err(text);
            }
            if !token.iter().all(|&byte| is_token_byte(byte)) {
                return Err(format!(
                    "the token of line {number} has other characters than a-z, \
                                    A-Z, 0-9 and -._~+/="
                ));
            }
            if table.insert(digest(token), line.identity).is_some() {
                return Err(format!("the token of line {number} stands there twice"));
            }
        }
        tracing::info!(entries = table.len(), "tokens read");
        Ok(Self(table))
    }
}

/// What a bearer token is made of (RFC 6750, section 2.1).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

impl Authenticator for StaticTokens {
    async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        let token = presented_token(attempt.credentials())?;
        let table = self.0.current().await;
        match table.0.get(&digest(token)) {
            Some(identity) => Ok(Authenticated::new(identity.clone())),
            None => Err(Refusal::new("not one of the static tokens")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_fit_into_a_header() {
        let table = Table::parse(b"a:0123456789abcdef:r\na:0123456789-._~+/=\n").unwrap();
        let identity = &table.0[&digest(b"0123456789abcdef")];
        assert_eq!((identity.as_str(), identity.roles()), ("a", &["r".to_owned()][..]));
        assert_eq!(table.0.len(), 2);
        for (text, reason) in [
            ("a:0123456789abcde\n", "shorter than 16"),
            ("a:0123456789 bcdef\n", "other characters"),
            ("a:0123456789abcdef\nb:0123456789abcdef\n", "line 2 stands there twice"),
        ] {
            let error = Table::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("0123456789"), "{error}");
        }
    }
}
