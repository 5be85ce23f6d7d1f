//! [`ServerMiddlewareFactory`] and [`ServerMiddleware`]: code around every call of a server.

use std::fmt;

use http::{Extensions, HeaderMap};
use wingbeat_net::PeerAddr;

use crate::{Error, Method, PeerIdentity, Result};

/// A call that has come in and is about to reach its handler.
pub struct ServerCallInfo<'a> {
    method: Method,
    headers: &'a HeaderMap,
    extensions: &'a mut Extensions,
}

impl<'a> ServerCallInfo<'a> {
    pub(crate) fn new(
        method: Method,
        headers: &'a HeaderMap,
        extensions: &'a mut Extensions,
    ) -> Self {
        Self { method, headers, extensions }
    }

    /// The RPC.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The client's address, see [`CallContext::peer`](crate::CallContext::peer).
    pub fn peer(&self) -> Option<&PeerAddr> {
        self.extensions.get()
    }

    /// Who calls, see [`CallContext::peer_identity`](crate::CallContext::peer_identity).
    pub fn peer_identity(&self) -> Option<&str> {
        self.extensions.get().map(PeerIdentity::as_str)
    }

    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        self.headers
    }

    /// What the handler finds in
    /// [`CallContext::extensions`](crate::CallContext::extensions): here is where a middleware
    /// leaves things for it.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.extensions
    }
}

/// Headers hold secrets, and so may what layers leave.
impl fmt::Debug for ServerCallInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCallInfo")
            .field("method", &self.method)
            .field("peer", &self.peer())
            .field("peer_identity", &self.peer_identity())
            .finish_non_exhaustive()
    }
}

/// Makes the middleware of each call of a server, see
/// [`Server::middleware`](crate::Server::middleware). All of it runs on the I/O threads, so it is
/// to be quick; what has to wait is a tower layer, see [`Server::layer`](crate::Server::layer).
///
/// A closure is one too:
///
/// ```
/// use wingbeat::{HeaderMap, HeaderName, HeaderValue, ServerCallInfo, ServerMiddleware};
///
/// /// Answers with the request's `x-trace`.
/// struct Trace(Option<HeaderValue>);
///
/// impl ServerMiddleware for Trace {
///     fn sending_headers(&mut self, headers: &mut HeaderMap) {
///         headers.extend(self.0.take().map(|trace| (HeaderName::from_static("x-trace"), trace)));
///     }
/// }
///
/// # fn with(server: wingbeat::Server) -> wingbeat::Server {
/// server.middleware(|call: &mut ServerCallInfo<'_>| {
///     Ok(Trace(call.headers().get("x-trace").cloned()))
/// })
/// # }
/// ```
pub trait ServerMiddlewareFactory: Send + Sync + 'static {
    /// A call has come in. `None` leaves it alone.
    ///
    /// # Errors
    /// An error refuses the call: it is the answer, and no handler runs.
    fn start_call(
        &self,
        call: &mut ServerCallInfo<'_>,
    ) -> Result<Option<Box<dyn ServerMiddleware>>>;
}

/// Code around one call of a server. The methods are called in the order in which they stand here,
/// on calls that another middleware refused too.
pub trait ServerMiddleware: Send + 'static {
    /// The response's headers are about to be sent, with the first message or, of a call that
    /// fails before, with its error: further ones can be added. Names that belong to gRPC or HTTP
    /// are replaced.
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// The response's trailers are about to be sent. Not called for a call that the client gave
    /// up.
    fn sending_trailers(&mut self, trailers: &mut HeaderMap) {
        let _ = trailers;
    }

    /// The call is over. One that the client gave up is CANCELLED.
    fn call_completed(&mut self, outcome: Result<(), &Error>) {
        let _ = outcome;
    }
}

impl<F, M> ServerMiddlewareFactory for F
where
    F: Fn(&mut ServerCallInfo<'_>) -> Result<M> + Send + Sync + 'static,
    M: ServerMiddleware,
{
    fn start_call(
        &self,
        call: &mut ServerCallInfo<'_>,
    ) -> Result<Option<Box<dyn ServerMiddleware>>> {
        Ok(Some(Box::new(self(call)?)))
    }
}
