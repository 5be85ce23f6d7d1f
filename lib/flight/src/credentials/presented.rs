//! [`Credentials`]: what a caller presents.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use wingbeat_wire::grpc::decode_bin;
use wingbeat_wire::message::{BasicAuth, Message as _};

use super::Token;
use crate::{Error, Result};

/// The header with the token of a handshake.
pub(crate) const AUTH_TOKEN: HeaderName = HeaderName::from_static("auth-token-bin");

/// What a caller presents, in whichever shape it came. Nothing of it is checked here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password: `authorization: Basic` with or without padding, or a `BasicAuth`
    /// message in a handshake.
    Basic(BasicAuth),
    /// `authorization: Bearer`.
    Bearer(Token),
    /// `auth-token-bin`: the token that a handshake answered with.
    AuthToken(Token),
}

impl Credentials {
    /// What the headers of a call present; `None` when they present nothing. `authorization` goes
    /// before `auth-token-bin`.
    ///
    /// # Errors
    /// UNAUTHENTICATED for what is malformed, or of a scheme other than Basic and Bearer. The text
    /// holds nothing of the header.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            return Self::from_authorization(value.as_bytes()).map(Some);
        }
        let Some(value) = headers.get(AUTH_TOKEN) else { return Ok(None) };
        let token = decode_bin(value.as_bytes()).map_err(|_| malformed())?;
        Ok(Some(Self::AuthToken(Token::new(token))))
    }

    /// What the value of `authorization` presents.
    fn from_authorization(value: &[u8]) -> Result<Self> {
        let at = value.iter().position(|&byte| byte == b' ').ok_or_else(malformed)?;
        let (scheme, rest) = value.split_at(at);
        let rest = rest.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"bearer") && !rest.is_empty() {
            return Ok(Self::Bearer(Token::new(rest.to_vec())));
        }
        if !scheme.eq_ignore_ascii_case(b"basic") {
            return Err(malformed());
        }
        let pair = decode_bin(rest).map_err(|_| malformed())?;
        let pair = std::str::from_utf8(&pair).map_err(|_| malformed())?;
        // A name holds no colon, a password may.
        let (username, password) = pair.split_once(':').ok_or_else(malformed)?;
        Ok(Self::Basic(BasicAuth { username: username.into(), password: password.into() }))
    }

    /// What the payload of a handshake presents.
    ///
    /// # Errors
    /// UNAUTHENTICATED when it is no `BasicAuth` message with a name.
    pub fn from_payload(payload: Bytes) -> Result<Self> {
        match BasicAuth::decode(payload) {
            Ok(auth) if !auth.username.is_empty() => Ok(Self::Basic(auth)),
            _ => Err(malformed()),
        }
    }
}

/// Says nothing of what was found: it may be a secret with a letter too many.
fn malformed() -> Error {
    Error::unauthenticated("the credentials are malformed")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::Code;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter();
        lines.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// The kind and the secret.
    fn present(lines: &[(&'static str, &str)]) -> Result<Option<String>> {
        Ok(Credentials::from_headers(&headers(lines))?.map(|found| match found {
            Credentials::Basic(auth) => format!("basic {}/{}", auth.username, auth.password),
            Credentials::Bearer(token) => {
                format!("bearer {}", String::from_utf8_lossy(token.as_bytes()))
            }
            Credentials::AuthToken(token) => format!("token {:?}", token.as_bytes()),
        }))
    }

    #[test]
    fn every_shape() {
        for (lines, expected) in [
            (&[("authorization", "Basic YWRhOnNlY3JldA==")][..], "basic ada/secret"),
            (&[("authorization", "basic YWRhOnNlY3JldA")], "basic ada/secret"),
            (&[("authorization", "Basic  YTpiOmM=")], "basic a/b:c"),
            (&[("authorization", "Basic w6Q6")], "basic ä/"),
            (&[("authorization", "Bearer a.b-c=")], "bearer a.b-c="),
            (&[("authorization", "BEARER x")], "bearer x"),
            (&[("auth-token-bin", "AP8=")], "token [0, 255]"),
            (&[("auth-token-bin", "AP8")], "token [0, 255]"),
            (&[("auth-token-bin", "AP8"), ("authorization", "Bearer x")], "bearer x"),
        ] {
            assert_eq!(present(lines).unwrap().as_deref(), Some(expected), "{lines:?}");
        }
        assert_eq!(present(&[("x-user", "ada")]).unwrap(), None);
    }

    #[test]
    fn what_is_malformed_is_not_repeated() {
        for (name, value) in [
            ("authorization", "Basic secret"),
            ("authorization", "Basic c2VjcmV0"),
            ("authorization", "Basic /zo="),
            ("authorization", "Bearer "),
            ("authorization", "secret"),
            ("authorization", "Digest secret"),
            ("auth-token-bin", "secret!"),
        ] {
            let error = present(&[(name, value)]).unwrap_err();
            assert_eq!(error.code(), Code::Unauthenticated, "{value}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn payloads() {
        let auth = BasicAuth { username: "ada".into(), password: "secret".into() };
        let found = Credentials::from_payload(auth.encode()).unwrap();
        assert!(matches!(&found, Credentials::Basic(found) if *found == auth));
        assert!(!format!("{found:?}").contains("secret"));
        for payload in [&b""[..], b"ada", b"\x1a\x01x", b"\x12\xff"] {
            let error = Credentials::from_payload(Bytes::from_static(payload)).unwrap_err();
            assert_eq!(error.code(), Code::Unauthenticated, "{payload:?}");
        }
        assert_eq!(format!("{:?}", Token::new("secret")), "Token(***)");
        let bearer = HeaderValue::from_static("Bearer x");
        assert!(Credentials::from_authorization(bearer.as_bytes()).is_ok());
    }
}
