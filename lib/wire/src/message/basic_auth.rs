//! `BasicAuth`: a user name and a password in a handshake's payload.

use std::fmt;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// A user name and a password. Its fields start at number 2.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct BasicAuth {
    /// Who.
    pub username: String,
    /// The secret; not shown by `Debug`.
    pub password: String,
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicAuth")
            .field("username", &self.username)
            .field("password", &format_args!("***"))
            .finish()
    }
}

impl Proto for BasicAuth {
    fn write(&self, to: &mut Writer) {
        to.string(2, &self.username);
        to.string(3, &self.password);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                2 => this.username = field.string("BasicAuth.username")?,
                3 => this.password = field.string("BasicAuth.password")?,
                _ => {}
            }
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_password() {
        let auth = BasicAuth { username: "ada".into(), password: "secret".into() };
        assert_eq!(format!("{auth:?}"), r#"BasicAuth { username: "ada", password: *** }"#);
    }
}
