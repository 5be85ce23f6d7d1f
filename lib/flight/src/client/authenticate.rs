//! Credentials as methods of [`Client`].

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use wingbeat_wire::message::{BasicAuth, HandshakeRequest, Message as _};

use super::Client;
use crate::credentials::{
    AUTH_TOKEN, BasicThenBearer, basic_header, bearer_header, bearer_of, has_secrets, token_header,
};
use crate::{Address, ClientCallInfo, ClientMiddleware, Error, Origin, Result};

impl Client {
    /// Sends `authorization: Bearer` with every call: a token that was obtained elsewhere.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that no header may hold.
    pub fn with_bearer_token(mut self, token: &str) -> Result<Self> {
        self.set_header(header::AUTHORIZATION, bearer_header(token)?);
        Ok(self)
    }

    /// Sends `auth-token-bin` with every call: the token that a [`handshake`](Self::handshake) of
    /// another shape answered with.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that no header may hold.
    pub fn with_auth_token(mut self, token: impl AsRef<[u8]>) -> Result<Self> {
        self.set_header(AUTH_TOKEN, token_header(token.as_ref())?);
        Ok(self)
    }

    /// Sends `authorization: Basic` with every call until the server hands out a bearer token, in
    /// the headers or trailers of any answer, and that from then on. When the token is refused, the
    /// call fails and the next one has the password again.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a user name with a colon.
    pub fn with_basic_auth(mut self, username: &str, password: &str) -> Result<Self> {
        self.headers.remove(header::AUTHORIZATION);
        self.basic = Some(BasicThenBearer::new(basic_header(username, password)?));
        Ok(self)
    }

    /// Authenticates with a handshake whose `authorization: Basic` is answered with
    /// `authorization: Bearer` in headers or trailers. The client that comes back sends that.
    ///
    /// # Errors
    /// The server's; UNAUTHENTICATED when it hands out no token; or what went wrong on the way.
    pub async fn authenticate_basic_token(&self, username: &str, password: &str) -> Result<Self> {
        let mut client = self.clone();
        let basic = basic_header(username, password)?;
        client.set_header(header::AUTHORIZATION, basic);
        let found = Found::default();
        let kept = found.clone();
        let caller = client.clone().with_middleware(move |_: &ClientCallInfo<'_>| Ok(kept.clone()));
        caller.shake_hands(Bytes::new()).await?;
        let token = found.take().ok_or_else(no_token)?;
        client.set_header(header::AUTHORIZATION, token);
        Ok(client)
    }

    /// Authenticates with a handshake whose payload is a [`BasicAuth`] message and whose answer is
    /// a token. The client that comes back sends that as `auth-token-bin`.
    ///
    /// # Errors
    /// The server's; UNAUTHENTICATED when it hands out no token; FAILED_PRECONDITION where the
    /// password would travel [in plaintext](Self::with_plaintext_credentials); or what went wrong
    /// on the way.
    pub async fn authenticate_basic_proto(&self, username: &str, password: &str) -> Result<Self> {
        self.check_exposure()?;
        let auth = BasicAuth { username: username.into(), password: password.into() };
        let token = self.shake_hands(auth.encode()).await?.ok_or_else(no_token)?;
        self.clone().with_auth_token(token)
    }

    /// A handshake of one request. Gives the first answer, if there is one.
    async fn shake_hands(&self, payload: Bytes) -> Result<Option<Bytes>> {
        let mut handshake = self.handshake();
        let sent = handshake.send(HandshakeRequest::new(payload)).await;
        handshake.finish();
        let mut answer = None;
        while let Some(response) = handshake.next().await? {
            answer = answer.or(Some(response.payload));
        }
        // A server that never read the request has ended the call well all the same.
        drop(sent);
        Ok(answer)
    }

    /// Lets credentials (`authorization`, `auth-token-bin` and cookies, however they were set)
    /// travel in plaintext to another host, where everybody on the way can read them. Without this,
    /// such calls are refused with FAILED_PRECONDITION; to this host and over Unix sockets they go.
    #[must_use]
    pub fn with_plaintext_credentials(mut self) -> Self {
        self.plaintext_credentials = true;
        self
    }

    /// Refuses to send credentials where they can be read by others.
    pub(super) fn check_credentials(&self, headers: &HeaderMap) -> Result<()> {
        match has_secrets(headers) {
            true => self.check_exposure(),
            false => Ok(()),
        }
    }

    /// Refuses where others can read what is sent, unless that is allowed.
    fn check_exposure(&self) -> Result<()> {
        match &self.address {
            Some(address) if !self.plaintext_credentials && is_exposed(address) => {
                let text = format!(
                    "credentials would travel to {address} in plaintext; \
                     plaintext credentials have to be allowed by name"
                );
                Err(Error::failed_precondition(text).with_origin(Origin::Local))
            }
            _ => Ok(()),
        }
    }

    /// Replaces a header that has one value.
    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.basic = None;
        self.headers.insert(name, value);
    }
}

/// Looks for a bearer token in what a call brings.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Option<HeaderValue>>>);

impl Found {
    fn take(&self) -> Option<HeaderValue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientMiddleware for Found {
    fn received_headers(&mut self, headers: &HeaderMap) {
        if let Some(token) = bearer_of(headers) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        }
    }
}

/// Whether what is sent there can be read on the way.
fn is_exposed(address: &Address) -> bool {
    match address {
        Address::Tcp { host, .. } => {
            let host = host.as_str();
            let ip = host.parse::<std::net::IpAddr>();
            !(host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback()))
        }
        _ => false,
    }
}

fn no_token() -> Error {
    Error::unauthenticated("the server ended the handshake without a token")
        .with_origin(Origin::Peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exposed() {
        for (address, exposed) in [
            ("grpc://localhost:1", false),
            ("grpc://127.0.0.9:1", false),
            ("grpc://[::1]:1", false),
            ("grpc+unix:///tmp/s", false),
            ("grpc://10.0.0.1:1", true),
            ("grpc://0.0.0.0:1", true),
            ("grpc://localhost.example.org:1", true),
        ] {
            assert_eq!(is_exposed(&address.parse().unwrap()), exposed, "{address}");
        }
    }
}
