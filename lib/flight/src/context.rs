//! What a handler knows of its call beside the request.

mod response;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;
use wingbeat_net::PeerAddr;
use wingbeat_wire::message::{ActionType, FlightDescriptor};

use crate::error::is_reserved;
use crate::server::Features;
use crate::{
    Error, Method, PeerIdentity, Permission, Resource, Result, ServerMiddleware, Session, Sessions,
};

use self::response::Response;

/// One call, as its handler sees it: who calls, with which headers, until when. Cheap to clone, so
/// that tasks and streams of the call can keep it.
///
/// # Cancellation
/// When the caller goes away or the deadline passes, the handler's future is dropped, and so is
/// the stream that it returned. Only what a handler starts outside of them (a thread, a task) has
/// to listen to [`cancelled`](Self::cancelled).
#[derive(Clone)]
pub struct CallContext(Arc<Inner>);

struct Inner {
    method: Method,
    peer: Option<PeerAddr>,
    headers: HeaderMap,
    deadline: Option<Instant>,
    extensions: Extensions,
    features: Arc<Features>,
    response: Mutex<Response>,
    cancelled: CancellationToken,
    finished: CancellationToken,
}

impl CallContext {
    pub(crate) fn new(
        method: Method,
        parts: http::request::Parts,
        deadline: Option<Instant>,
        features: Arc<Features>,
        middleware: Vec<Box<dyn ServerMiddleware>>,
    ) -> Self {
        Self(Arc::new(Inner {
            method,
            peer: parts.extensions.get().copied(),
            headers: parts.headers,
            deadline,
            extensions: parts.extensions,
            features,
            response: Mutex::new(Response::new(middleware)),
            cancelled: CancellationToken::new(),
            finished: CancellationToken::new(),
        }))
    }

    /// The RPC.
    pub fn method(&self) -> Method {
        self.0.method
    }

    /// The client's address. `None` where the Flight service is mounted into a foreign server that
    /// does not tell.
    pub fn peer(&self) -> Option<&PeerAddr> {
        self.0.peer.as_ref()
    }

    /// The request's headers. Values whose name ends in `-bin` are base64.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// When the caller stops waiting, if it said so. The call is ended then, without the handler's
    /// doing.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// Whatever the layers in front of the service left for it.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// The action types that were registered with [`Server::actions`](crate::Server::actions),
    /// [`Server::standard_actions`](crate::Server::standard_actions) and
    /// [`Server::sessions`](crate::Server::sessions).
    pub fn actions(&self) -> &[ActionType] {
        self.0.features.actions()
    }

    /// Who calls, if anything on the way proved that, see [`PeerIdentity`].
    pub fn peer_identity(&self) -> Option<&str> {
        self.identity().map(PeerIdentity::as_str)
    }

    /// The same with its roles.
    pub fn identity(&self) -> Option<&PeerIdentity> {
        self.0.extensions.get()
    }

    /// Asks the server's [authorizers](crate::Server::authorizer) about something that only the
    /// service knows by name: what a ticket or a command is about. To be asked before anything is
    /// looked up, so that the answer is the same whether or not it is there.
    ///
    /// # Errors
    /// PERMISSION_DENIED, always in the same words, for what the caller may not do.
    pub async fn authorize(&self, permission: Permission, name: &str) -> Result<()> {
        let resource = Resource::Named(name);
        self.0.features.gate().authorize(self, permission, resource).await
    }

    /// The same about a descriptor that the service knows this call to be about.
    pub(crate) async fn authorize_descriptor(
        &self,
        permission: Permission,
        descriptor: &FlightDescriptor,
    ) -> Result<()> {
        let resource = Resource::Descriptor(descriptor);
        self.0.features.gate().authorize(self, permission, resource).await
    }

    /// Asks about what the call itself names.
    pub(crate) async fn check(&self, resource: Resource<'_>) -> Result<()> {
        let permission = Permission::of_method(self.0.method);
        self.0.features.gate().authorize(self, permission, resource).await
    }

    /// Whether anybody decides what this caller may do.
    pub(crate) fn has_authorizers(&self) -> bool {
        self.0.features.gate().has_authorizers()
    }

    /// The session that the call belongs to; `None` when it has none, or the server has no
    /// [`Sessions`].
    ///
    /// # Errors
    /// UNAUTHENTICATED for a cookie that names no session of this caller; what is wrong with the
    /// store of the sessions.
    pub async fn session(&self) -> Result<Option<Session>> {
        match self.sessions() {
            Some(sessions) => sessions.find(self).await,
            None => Ok(None),
        }
    }

    /// The sessions of the server, if it has any.
    pub fn sessions(&self) -> Option<&Sessions> {
        self.0.features.sessions()
    }

    /// Waits until the call is given up: its client has reset it or is gone, its deadline has
    /// passed, or a panic ended it. Never ready for a call that ends by itself; see
    /// [`finished`](Self::finished).
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn cancelled(&self) {
        self.0.cancelled.cancelled().await;
    }

    /// Whether the call was given up.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.is_cancelled()
    }

    /// Waits until the call is over, in whichever way.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn finished(&self) {
        self.0.finished.cancelled().await;
    }

    /// Adds a response header. Headers go out with the first message or at the end, whichever is
    /// first; a DoPut's or DoExchange's also when its handler waits for the client.
    ///
    /// # Errors
    /// When the headers are out, when the name or value is not one that HTTP allows, or when the
    /// name belongs to gRPC or HTTP (`grpc-status`, `content-type` and the like).
    pub fn set_header<N, V>(&self, name: N, value: V) -> Result<()>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = header(name, value)?;
        let mut response = self.response();
        if response.headers_sent {
            let text = format!("too late for the header {name}: headers are out");
            return Err(Error::internal(text));
        }
        response.headers.append(name, value);
        Ok(())
    }

    /// Adds a trailer, which goes out when the call ends, well or not.
    ///
    /// # Errors
    /// When the call has ended, when the name or value is not one that HTTP allows, or when the
    /// name belongs to gRPC or HTTP (`grpc-status`, `content-type` and the like).
    pub fn set_trailer<N, V>(&self, name: N, value: V) -> Result<()>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = header(name, value)?;
        let mut response = self.response();
        if response.trailers_sent {
            let text = format!("too late for the trailer {name}: the call ended");
            return Err(Error::internal(text));
        }
        response.trailers.append(name, value);
        Ok(())
    }

    /// The response's headers, which are on their way from now on.
    pub(crate) fn take_headers(&self) -> HeaderMap {
        self.response().take_headers()
    }

    /// The response's trailers, which are on their way from now on.
    pub(crate) fn take_trailers(&self) -> HeaderMap {
        self.response().take_trailers()
    }

    /// How the handler ended, for those who are told when the response is out.
    pub(crate) fn set_outcome(&self, outcome: Result<()>) {
        self.response().set_outcome(outcome);
    }

    /// Tells the middleware that the call is over, unless it knows.
    pub(crate) fn complete(&self) {
        self.response().complete();
    }

    /// A guard that gives the call up when it is dropped before [`CallGuard::finish`].
    pub(crate) fn guard(&self) -> CallGuard {
        CallGuard { cx: self.clone(), finished: false }
    }

    fn response(&self) -> MutexGuard<'_, Response> {
        // Nothing in here panics half-way, so a poisoned lock still holds whole headers.
        self.0.response.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No headers and extensions: they hold credentials.
impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("method", &self.0.method)
            .field("peer", &self.0.peer)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

/// Tells a [`CallContext`] how its call ended.
#[derive(Debug)]
pub(crate) struct CallGuard {
    cx: CallContext,
    finished: bool,
}

impl CallGuard {
    /// The call ended by itself.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        self.cx.0.finished.cancel();
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if !self.finished {
            self.cx.0.cancelled.cancel();
            self.cx.0.finished.cancel();
        }
    }
}

fn header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue)>
where
    N: TryInto<HeaderName, Error: Into<http::Error>>,
    V: TryInto<HeaderValue, Error: Into<http::Error>>,
{
    let name = name.try_into().map_err(|error| bad_header(error.into()))?;
    let value = value.try_into().map_err(|error| bad_header(error.into()))?;
    if is_reserved(name.as_str()) {
        return Err(Error::internal(format!("the header {name} belongs to gRPC or HTTP")));
    }
    Ok((name, value))
}

fn bad_header(error: http::Error) -> Error {
    Error::internal(format!("not a header: {error}")).with_source(error)
}
