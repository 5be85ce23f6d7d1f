//! [`Token`]: a secret that stands for a caller.

use std::fmt;

use bytes::Bytes;

/// A secret that stands for a caller. `Debug` does not show it, and it cannot be compared by
/// accident: comparing secrets has to take the same time wherever they differ.
#[derive(Clone)]
pub struct Token(Bytes);

impl Token {
    /// A token of these bytes.
    pub fn new(token: impl Into<Bytes>) -> Self {
        Self(token.into())
    }

    /// The secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}
