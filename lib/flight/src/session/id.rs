//! [`SessionId`]: what a session is found by, and where it stands in a request.

use std::fmt;

use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest as _, Sha256};
use wingbeat_wire::grpc::encode_bin;

use crate::Credentials;

/// The name of the cookie with a session's id, as the specification suggests it.
pub const SESSION_COOKIE: &str = "arrow_flight_session_id";

/// What comes before a bearer token when its session's id is made of it, so that no other hash of
/// the token is such an id.
const TOKEN_PURPOSE: &[u8] = b"wingbeat session of a bearer token\0";

/// The id of a session. Whoever knows it can use the session, so it is a secret: `Debug` does not
/// show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// An id that nobody can guess.
    pub(super) fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The id for the clients that present this token. The token cannot be told from it.
    fn of_token(token: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(TOKEN_PURPOSE);
        hash.update(token);
        // Base64 with letters that a cookie may hold.
        let text = encode_bin(&hash.finalize()).replace('+', "-").replace('/', "_");
        Self(format!("token-{text}"))
    }

    /// The id that the request's cookies name.
    pub(super) fn of_cookie(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::COOKIE).into_iter();
        let mut pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) =
            pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(SESSION_COOKIE))?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        Some(Self(value.to_owned()))
    }

    /// The id that the request's token stands for, in whichever header it comes.
    pub(super) fn of_credentials(headers: &HeaderMap) -> Option<Self> {
        match Credentials::from_headers(headers).ok()?? {
            Credentials::Bearer(token) | Credentials::AuthToken(token) => {
                (!token.as_bytes().is_empty()).then(|| Self::of_token(token.as_bytes()))
            }
            Credentials::Basic(_) => None,
        }
    }

    /// The text: letters, digits, `-` and `_` of ids made here, anything from a client.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The header that gives the id to the client.
    pub(super) fn to_cookie(&self) -> Option<HeaderValue> {
        cookie(format!("{SESSION_COOKIE}={}", self.0))
    }
}

/// The header that takes the id from the client.
pub(super) fn expired_cookie() -> Option<HeaderValue> {
    // The value is there for clients that take a cookie without one for malformed.
    cookie(format!("{SESSION_COOKIE}=closed; Max-Age=0"))
}

fn cookie(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(***)")
    }
}
