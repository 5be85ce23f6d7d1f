//! What a client sends: headers, and what becomes of them when a server hands out a token.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue, header};
use wingbeat_wire::grpc::encode_bin;

use crate::{Error, Result};

/// The value of `authorization` for a name and a password.
pub(crate) fn basic_header(username: &str, password: &str) -> Result<HeaderValue> {
    if username.contains(':') {
        return Err(Error::invalid_argument("a user name cannot hold a colon here"));
    }
    let mut text = encode_bin(format!("{username}:{password}").as_bytes());
    // Unlike gRPC's headers this one has padding (RFC 7617).
    text.push_str(["", "", "==", "="].get(text.len() % 4).copied().unwrap_or_default());
    secret(format!("Basic {text}"))
}

/// The value of `authorization` for a bearer token.
pub(crate) fn bearer_header(token: &str) -> Result<HeaderValue> {
    secret(format!("Bearer {token}"))
}

/// The value of `auth-token-bin` for the token of a handshake.
pub(crate) fn token_header(token: &[u8]) -> Result<HeaderValue> {
    secret(encode_bin(token))
}

/// HTTP/2 keeps no copy of a value that is marked, and `Debug` does not show it.
fn secret(text: String) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::invalid_argument("the credentials hold what no header may hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The whole of `authorization` in headers or trailers, where it is a bearer token.
pub(crate) fn bearer_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(header::AUTHORIZATION).into_iter();
    let mut bearers = values.filter(|value| {
        value.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer "))
    });
    let mut value = bearers.next()?.clone();
    value.set_sensitive(true);
    Some(value)
}

/// A password until the server hands out a bearer token, then that. Clones share the token.
#[derive(Clone)]
pub(crate) struct BasicThenBearer {
    basic: HeaderValue,
    bearer: Arc<Mutex<Option<HeaderValue>>>,
}

impl BasicThenBearer {
    pub(crate) fn new(basic: HeaderValue) -> Self {
        Self { basic, bearer: Arc::default() }
    }

    /// What the next call sends.
    pub(crate) fn value(&self) -> HeaderValue {
        self.bearer().as_ref().unwrap_or(&self.basic).clone()
    }

    /// Looks for a token in headers or trailers.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        if let Some(bearer) = bearer_of(headers) {
            *self.bearer() = Some(bearer);
        }
    }

    /// A call with this value was refused: if it was the token, it is over, and the password is
    /// sent again.
    pub(crate) fn refused(&self, sent: &HeaderValue) {
        self.bearer().take_if(|bearer| bearer == sent);
    }

    fn bearer(&self) -> MutexGuard<'_, Option<HeaderValue>> {
        // It is only ever replaced as a whole.
        self.bearer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BasicThenBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicThenBearer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_padded_and_secret() {
        for (user, password, expected) in [
            ("ada", "secret", "Basic YWRhOnNlY3JldA=="),
            ("a", "b", "Basic YTpi"),
            ("a", "bcd", "Basic YTpiY2Q="),
        ] {
            let value = basic_header(user, password).unwrap();
            assert_eq!(value, expected);
            assert!(value.is_sensitive());
        }
        assert!(basic_header("a:b", "c").is_err());
        assert!(bearer_header("a\nb").is_err());
        assert_eq!(token_header(&[0, 255]).unwrap(), "AP8");
    }

    #[test]
    fn a_token_takes_the_place_of_the_password_until_it_is_refused() {
        let credentials = BasicThenBearer::new(HeaderValue::from_static("Basic x"));
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic y"));
        credentials.learn(&headers);
        assert_eq!(credentials.value(), "Basic x");
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("bearer z"));
        credentials.clone().learn(&headers);
        assert_eq!(credentials.value(), "bearer z");
        credentials.refused(&HeaderValue::from_static("Bearer older"));
        assert_eq!(credentials.value(), "bearer z");
        credentials.refused(&HeaderValue::from_static("bearer z"));
        assert_eq!(credentials.value(), "Basic x");
    }
}
