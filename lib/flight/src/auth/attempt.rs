//! [`AuthAttempt`]: what an authenticator gets to see.

use std::fmt;

use http::{Extensions, HeaderMap};
use wingbeat_net::PeerAddr;

use crate::{CallContext, Credentials, Method, PeerIdentity};

/// A caller that says who it is, as an [`Authenticator`](crate::Authenticator) sees it.
#[derive(Clone, Copy)]
pub struct AuthAttempt<'a> {
    method: Option<Method>,
    credentials: Option<&'a Credentials>,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> AuthAttempt<'a> {
    pub(crate) fn new(
        method: Option<Method>,
        credentials: Option<&'a Credentials>,
        headers: &'a HeaderMap,
        extensions: &'a Extensions,
    ) -> Self {
        Self { method, credentials, headers, extensions }
    }

    /// The attempt of a handshake under way.
    pub(crate) fn of_handshake(cx: &'a CallContext, credentials: &'a Credentials) -> Self {
        Self::new(Some(cx.method()), Some(credentials), cx.headers(), cx.extensions())
    }

    /// The RPC; `None` where what is called is none of Flight's.
    pub fn method(&self) -> Option<Method> {
        self.method
    }

    /// What is presented, in the headers or in a handshake; `None` when nothing is.
    pub fn credentials(&self) -> Option<&'a Credentials> {
        self.credentials
    }

    /// The name under which somebody tries, where the credentials are a name and a password.
    pub fn username(&self) -> Option<&'a str> {
        match self.credentials {
            Some(Credentials::Basic(auth)) => Some(&auth.username),
            _ => None,
        }
    }

    /// The request's headers.
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The client's address, see [`CallContext::peer`].
    pub fn peer(&self) -> Option<&'a PeerAddr> {
        self.extensions.get()
    }

    /// Whom the connection belongs to, where the client showed a certificate that was verified.
    pub fn certificate(&self) -> Option<&'a PeerIdentity> {
        self.extensions.get()
    }

    /// Whatever the layers in front of the service left.
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }
}

/// Headers hold secrets, and so may what layers leave.
impl fmt::Debug for AuthAttempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthAttempt")
            .field("method", &self.method)
            .field("credentials", &self.credentials)
            .field("peer", &self.peer())
            .field("certificate", &self.certificate())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::ServerCallInfo;

    #[test]
    fn headers_are_not_shown() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
        let mut extensions = Extensions::new();
        let attempt = AuthAttempt::new(Some(Method::DoGet), None, &headers, &extensions);
        let shown = format!("{attempt:?}");
        assert!(shown.contains("DoGet") && !shown.contains("secret"), "{shown}");
        let shown = format!("{:?}", ServerCallInfo::new(Method::DoGet, &headers, &mut extensions));
        assert!(shown.contains("DoGet") && !shown.contains("secret"), "{shown}");
    }
}
