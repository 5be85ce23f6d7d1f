//! [`Sessions`]: which session a call belongs to, and the session actions.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, header};
use wingbeat_wire::message::{
    CloseSessionResult, CloseSessionStatus, GetSessionOptionsResult, SessionOptionValue,
    SetSessionOptionError, SetSessionOptionsRequest, SetSessionOptionsResult,
};

use super::id::expired_cookie;
use super::store::DynStore;
use super::{MemorySessions, Session, SessionId, SessionOptionKind, SessionStore};
use crate::{CallContext, Error, Result};

type Check = dyn Fn(&str, SessionOptionValue) -> Result<SessionOptionValue, SetSessionOptionError>
    + Send
    + Sync;

/// The sessions of a server: give them to [`Server::sessions`](crate::Server::sessions), and the
/// actions `SetSessionOptions`, `GetSessionOptions` and `CloseSession` work, and handlers find the
/// session of their call with [`CallContext::session`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wingbeat::Result<()> {
/// use wingbeat::{Client, CookieJar, FlightServer, FlightService, SessionOptionKind};
/// use wingbeat::{SessionOptionValue, Sessions, SetSessionOptionsRequest};
///
/// struct Empty;
/// impl FlightService for Empty {}
///
/// let sessions = Sessions::in_memory().option("fetch_size", SessionOptionKind::Int64);
/// let server = FlightServer::new(Empty).sessions(sessions);
/// let client = server.in_process().with_cookies(CookieJar::new());
/// let request = SetSessionOptionsRequest::default().with("fetch_size", "1000");
/// assert!(client.set_session_options(request).await?.errors.is_empty());
/// let options = client.get_session_options().await?.session_options;
/// assert_eq!(options["fetch_size"], SessionOptionValue::Int64(1000));
/// # Ok(())
/// # }
/// ```
///
/// # Which session
/// `SetSessionOptions` begins a session and gives its id to the client in a cookie,
/// `arrow_flight_session_id`. A call belongs to the session that its cookie names. A call without
/// one that presents a bearer token belongs to the session of that token, so that clients work
/// that keep no cookies: the first `SetSessionOptions` with the token begins it, and cookie-less
/// clients that share the token share it ([`cookies_only`](Self::cookies_only) ends that). Reading
/// options begins no session.
///
/// A cookie of a session that is over, that never was, or that somebody else began, is answered
/// with UNAUTHENTICATED, always in the same words, and taken from the client.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    store: Arc<dyn DynStore>,
    /// The options there are; empty where any is taken.
    kinds: HashMap<String, SessionOptionKind>,
    check: Option<Arc<Check>>,
    by_token: bool,
}

/// What a call says about its session.
enum Claim {
    /// Its cookie names one.
    Cookie(SessionId),
    /// Its bearer token may have one.
    Token(SessionId),
    Nothing,
}

impl Sessions {
    /// Sessions in the memory of this process, with the limits of [`MemorySessions::new`].
    pub fn in_memory() -> Self {
        Self::new(MemorySessions::new())
    }

    /// Sessions in a store.
    pub fn new(store: impl SessionStore) -> Self {
        let (kinds, check) = (HashMap::new(), None);
        Self(Arc::new(Inner { store: Arc::new(store), kinds, check, by_token: true }))
    }

    /// Declares an option. Once one is declared, a name that is not is refused as INVALID_NAME,
    /// and a value that its kind does not take as INVALID_VALUE.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, kind: SessionOptionKind) -> Self {
        self.inner().kinds.insert(name.into(), kind);
        self
    }

    /// Asks `check` about every option that a client sets or unsets, after its kind; what it gives
    /// back is set. By the specification INVALID_NAME comes before INVALID_VALUE.
    #[must_use]
    pub fn check<F>(mut self, check: F) -> Self
    where
        F: Fn(&str, SessionOptionValue) -> Result<SessionOptionValue, SetSessionOptionError>
            + Send
            + Sync
            + 'static,
    {
        self.inner().check = Some(Arc::new(check));
        self
    }

    /// Finds sessions by cookies alone: clients that keep none have no session.
    #[must_use]
    pub fn cookies_only(mut self) -> Self {
        self.inner().by_token = false;
        self
    }

    /// The session that a call belongs to.
    pub(crate) async fn find(&self, cx: &CallContext) -> Result<Option<Session>> {
        Ok(self.resolve(cx).await?.map(|(_, session)| session))
    }

    /// `SetSessionOptions`: sets what can be set, in the session of the call or in a new one.
    ///
    /// # Errors
    /// UNAUTHENTICATED for a cookie that names no session of this caller, or the store's.
    pub async fn set_options(
        &self,
        cx: &CallContext,
        request: SetSessionOptionsRequest,
    ) -> Result<SetSessionOptionsResult> {
        let mut result = SetSessionOptionsResult::default();
        let mut changes = BTreeMap::new();
        for (name, value) in request.session_options {
            match self.accept(&name, value) {
                Ok(value) => drop(changes.insert(name, value)),
                Err(error) => drop(result.errors.insert(name, error)),
            }
        }
        let id = match self.resolve(cx).await? {
            Some((id, _)) => id,
            None => self.begin(cx).await?,
        };
        match self.0.store.update(&id, changes).await? {
            true => Ok(result),
            // It ended since.
            false => Err(refused(cx)),
        }
    }

    /// `GetSessionOptions`: the options of the call's session.
    ///
    /// # Errors
    /// NOT_FOUND without a session, UNAUTHENTICATED for a cookie that names none of this caller, or
    /// the store's.
    pub async fn options(&self, cx: &CallContext) -> Result<GetSessionOptionsResult> {
        let session = self.find(cx).await?.ok_or_else(no_session)?;
        Ok(GetSessionOptionsResult { session_options: session.options })
    }

    /// `CloseSession`: ends the session of the call.
    ///
    /// # Errors
    /// NOT_FOUND without a session, UNAUTHENTICATED for a cookie that names none of this caller, or
    /// the store's.
    pub async fn close(&self, cx: &CallContext) -> Result<CloseSessionResult> {
        let (id, _) = self.resolve(cx).await?.ok_or_else(no_session)?;
        self.0.store.close(&id).await?;
        set_cookie(cx, expired_cookie());
        Ok(CloseSessionResult { status: CloseSessionStatus::Closed })
    }

    /// The session that a call belongs to, with its id.
    async fn resolve(&self, cx: &CallContext) -> Result<Option<(SessionId, Session)>> {
        let (id, is_cookie) = match self.claim(cx) {
            Claim::Cookie(id) => (id, true),
            Claim::Token(id) => (id, false),
            Claim::Nothing => return Ok(None),
        };
        match self.0.store.load(&id).await? {
            Some(session) if session.owner.as_ref() == cx.identity() => Ok(Some((id, session))),
            Some(_) => {
                tracing::warn!("a session's id came from somebody else than who began it");
                Err(refused(cx))
            }
            None if is_cookie => {
                tracing::debug!("a cookie names a session that is not there");
                Err(refused(cx))
            }
            None => Ok(None),
        }
    }

    /// Begins a session for a call that has none.
    async fn begin(&self, cx: &CallContext) -> Result<SessionId> {
        let id = match self.claim(cx) {
            Claim::Token(id) => id,
            Claim::Cookie(_) | Claim::Nothing => SessionId::random(),
        };
        // One that is there already was begun by another call with the same token, just now.
        self.0.store.create(&id, cx.identity()).await?;
        set_cookie(cx, id.to_cookie());
        Ok(id)
    }

    fn claim(&self, cx: &CallContext) -> Claim {
        if let Some(id) = SessionId::of_cookie(cx.headers()) {
            return Claim::Cookie(id);
        }
        match SessionId::of_credentials(cx.headers()).filter(|_| self.0.by_token) {
            Some(id) => Claim::Token(id),
            None => Claim::Nothing,
        }
    }

    /// The value that an option gets. The name is looked at before the value.
    fn accept(
        &self,
        name: &str,
        value: SessionOptionValue,
    ) -> Result<SessionOptionValue, SetSessionOptionError> {
        let value = match self.0.kinds.get(name) {
            Some(kind) => kind.convert(value)?,
            None if self.0.kinds.is_empty() => value,
            None => return Err(SetSessionOptionError::InvalidName),
        };
        match &self.0.check {
            Some(check) => check(name, value),
            None => Ok(value),
        }
    }

    /// The parts, to be changed; copied if they are shared already.
    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

impl Clone for Inner {
    fn clone(&self) -> Self {
        let (kinds, check) = (self.kinds.clone(), self.check.clone());
        Self { store: self.store.clone(), kinds, check, by_token: self.by_token }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("options", &self.0.kinds)
            .field("by_token", &self.0.by_token)
            .finish_non_exhaustive()
    }
}

/// The answer to every id that is not the caller's, whether or not there is such a session.
fn refused(cx: &CallContext) -> Error {
    set_cookie(cx, expired_cookie());
    Error::unauthenticated("the session is not valid")
}

fn no_session() -> Error {
    Error::not_found("there is no session; SetSessionOptions begins one")
}

/// Gives the client a cookie, if there is still time.
fn set_cookie(cx: &CallContext, cookie: Option<HeaderValue>) {
    let Some(cookie) = cookie else { return };
    // Headers are out only in a stream that has begun; a client whose cookie is refused there is
    // told by the error.
    let _ = cx.set_header(header::SET_COOKIE, cookie);
}
