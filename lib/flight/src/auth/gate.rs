//! [`Gate`]: who is let in, and to what. The words for the refused are here, all of them.

use std::sync::Arc;
use std::time::Instant;

use http::HeaderValue;
use http::request::Parts;
use tokio::time::timeout_at;

use super::authenticator::DynAuthenticator;
use super::authorizer::DynAuthorizer;
use super::{Access, AuthAttempt, Authenticated, Authenticator, Authorizer, Permission, Resource};
use crate::{CallContext, Credentials, Error, Method, Result, Token};

/// What everybody is told who is not let in.
const NOT_AUTHENTICATED: &str = "the credentials are missing or not valid";
/// What everybody is told who may not do what it wants to do.
const NOT_ALLOWED: &str = "the caller may not do this";
/// What is told when nobody can decide.
const UNDECIDED: &str = "it cannot be decided now whether the caller may do this";
/// What is told when nobody can look.
const BUSY: &str = "the credentials cannot be checked now";

/// The most of a text that a stranger can put into the log, in characters.
const LOGGED_CHARS_MAX: usize = 256;

/// The authenticators and authorizers of a server.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    /// The first one that knows the caller decides.
    authenticators: Vec<Arc<dyn DynAuthenticator>>,
    /// All of them have to agree.
    authorizers: Vec<Arc<dyn DynAuthorizer>>,
}

impl Gate {
    pub(crate) fn add_authenticator(&mut self, authenticator: impl Authenticator) {
        self.authenticators.push(Arc::new(authenticator));
    }

    pub(crate) fn add_authorizer(&mut self, authorizer: impl Authorizer) {
        self.authorizers.push(Arc::new(authorizer));
    }

    /// Whether callers have to say who they are.
    pub(crate) fn is_closed(&self) -> bool {
        !self.authenticators.is_empty()
    }

    /// Finds out whose call this is, and leaves that where handlers find it. Gives the token that
    /// is to be handed out. A handshake is let through: it says later who it is. What is called
    /// may be none of Flight's methods: that there is no other is nobody's business either.
    pub(crate) async fn enter(
        &self,
        method: Option<Method>,
        parts: &mut Parts,
        deadline: Option<Instant>,
    ) -> Result<Option<Token>> {
        if !self.is_closed() || method == Some(Method::Handshake) {
            return Ok(None);
        }
        let entered = self.enter_by_headers(method, parts);
        let found = match deadline {
            Some(deadline) => {
                timeout_at(deadline.into(), entered).await.map_err(|_| Error::call_overdue())??
            }
            None => entered.await?,
        };
        parts.extensions.insert(found.identity().clone());
        tracing::Span::current().record("user", shortened(found.identity().as_str()));
        Ok(found.token().cloned())
    }

    async fn enter_by_headers(
        &self,
        method: Option<Method>,
        parts: &Parts,
    ) -> Result<Authenticated> {
        let credentials = match Credentials::from_headers(&parts.headers) {
            Ok(credentials) => credentials,
            Err(error) => return Err(not_authenticated(None, error.message())),
        };
        let attempt =
            AuthAttempt::new(method, credentials.as_ref(), &parts.headers, &parts.extensions);
        self.authenticate(&attempt).await
    }

    /// Asks the authenticators, one after the other.
    pub(crate) async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated> {
        let (mut reasons, mut is_busy) = (Vec::new(), false);
        for authenticator in &self.authenticators {
            match authenticator.authenticate(attempt).await {
                Ok(found) => return Ok(found),
                Err(refusal) => {
                    is_busy |= refusal.is_busy();
                    reasons.push(refusal.reason().to_owned());
                }
            }
        }
        let reason = match attempt.credentials() {
            None if attempt.certificate().is_none() => "nothing is presented".to_owned(),
            _ => reasons.join("; "),
        };
        if is_busy {
            let user = attempt.username().map(shortened);
            let reason = shortened(&reason);
            tracing::warn!(user, reason, "nobody can authenticate");
            return Err(Error::unavailable(BUSY));
        }
        Err(not_authenticated(attempt.username(), &reason))
    }

    /// Refuses what a call may not do.
    pub(crate) async fn authorize(
        &self,
        cx: &CallContext,
        permission: Permission,
        resource: Resource<'_>,
    ) -> Result<()> {
        let access = Access::new(cx, permission, resource);
        for authorizer in &self.authorizers {
            if let Err(refusal) = authorizer.authorize(&access).await {
                let user = cx.identity().map(|identity| shortened(identity.as_str()));
                let what = format!("{resource:?}");
                let what = shortened(&what);
                // What is left out of a listing is no news.
                match (cx.method(), resource) {
                    (Method::ListFlights, Resource::Descriptor(_) | Resource::Named(_)) => {
                        tracing::debug!(user, ?permission, resource = what, %refusal, "not listed");
                    }
                    _ => {
                        tracing::warn!(user, ?permission, resource = what, %refusal, "not allowed")
                    }
                }
                return Err(match refusal.is_busy() {
                    true => Error::unavailable(UNDECIDED),
                    false => Error::permission_denied(NOT_ALLOWED),
                });
            }
        }
        Ok(())
    }

    /// Whether anybody decides what callers may do.
    pub(crate) fn has_authorizers(&self) -> bool {
        !self.authorizers.is_empty()
    }
}

/// The answer to everybody who is not let in; the reason goes to the log.
pub(crate) fn not_authenticated(user: Option<&str>, reason: &str) -> Error {
    let (user, reason) = (user.map(shortened), shortened(reason));
    tracing::warn!(user, reason, "not authenticated");
    Error::unauthenticated(NOT_AUTHENTICATED)
}

/// The beginning of a text that a stranger may have chosen: it fills the log otherwise.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(LOGGED_CHARS_MAX).map_or(text, |(end, _)| &text[..end])
}

/// The value of `authorization` that hands out a token.
pub(crate) fn granting_header(token: &[u8]) -> Result<HeaderValue> {
    let value = [b"Bearer ", token].concat();
    let mut value = HeaderValue::from_bytes(&value).map_err(|_| unfit_token())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The error of a token that nobody could present.
pub(crate) fn unfit_token() -> Error {
    Error::internal("a token that no header may hold was to be granted")
}
