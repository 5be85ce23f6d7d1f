//! [`Authenticator`]: finds out who calls.

use std::future::Future;
use std::pin::Pin;

use super::{AuthAttempt, Refusal};
use crate::{PeerIdentity, Token};

/// Finds out who calls, from what the caller presents. Give it to
/// [`Server::authenticator`](crate::Server::authenticator), and nothing but the handshake answers
/// without credentials.
///
/// ```
/// use wingbeat::{AuthAttempt, Authenticated, Authenticator, Credentials, PeerIdentity, Refusal};
///
/// /// Everybody may be whoever they like, as long as they say so.
/// struct Trusting;
///
/// impl Authenticator for Trusting {
///     async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
///         match attempt.credentials() {
///             Some(Credentials::Basic(auth)) => {
///                 Ok(Authenticated::new(PeerIdentity::new(auth.username.as_str())))
///             }
///             _ => Err(Refusal::new("no name")),
///         }
///     }
/// }
/// ```
///
/// The crate `wingbeat-auth` has ready ones. Compare secrets in constant time, and do what takes
/// long on other threads: this runs on tokio's I/O threads.
pub trait Authenticator: Send + Sync + 'static {
    /// Who presents these credentials. Asked for every call, also for those that present none.
    ///
    /// # Errors
    /// A [`Refusal`] for whatever is not known here, and for what is of another shape: where there
    /// are several authenticators the next one is asked.
    fn authenticate(
        &self,
        attempt: &AuthAttempt<'_>,
    ) -> impl Future<Output = Result<Authenticated, Refusal>> + Send;
}

/// Somebody who has proven who it is.
#[derive(Debug, Clone)]
pub struct Authenticated {
    identity: PeerIdentity,
    token: Option<Token>,
}

impl Authenticated {
    /// It is this one.
    pub fn new(identity: PeerIdentity) -> Self {
        Self { identity, token: None }
    }

    /// Hands out a token to be presented from now on: as the answer of a handshake whose request
    /// held the credentials, else as `authorization: Bearer` in a header. It has to be text that a
    /// header may hold.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// Who it is.
    pub fn identity(&self) -> &PeerIdentity {
        &self.identity
    }

    /// The token to hand out.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Authenticated, Refusal>> + Send + 'a>>;

/// An authenticator whose type is erased.
pub(super) trait DynAuthenticator: Send + Sync {
    fn authenticate<'a>(&'a self, attempt: &'a AuthAttempt<'a>) -> Answer<'a>;
}

impl<T: Authenticator> DynAuthenticator for T {
    fn authenticate<'a>(&'a self, attempt: &'a AuthAttempt<'a>) -> Answer<'a> {
        Box::pin(Authenticator::authenticate(self, attempt))
    }
}

impl<T: Authenticator> Authenticator for std::sync::Arc<T> {
    fn authenticate(
        &self,
        attempt: &AuthAttempt<'_>,
    ) -> impl Future<Output = Result<Authenticated, Refusal>> + Send {
        T::authenticate(self, attempt)
    }
}
