//! [`ClientMiddlewareFactory`] and [`ClientMiddleware`]: code around every call of a client.

use http::HeaderMap;
use wingbeat_net::Address;

use crate::{Error, Method, Result};

/// A call of a client that is about to start.
#[derive(Debug, Clone, Copy)]
pub struct ClientCallInfo<'a> {
    method: Method,
    address: Option<&'a Address>,
}

impl<'a> ClientCallInfo<'a> {
    pub(crate) fn new(method: Method, address: Option<&'a Address>) -> Self {
        Self { method, address }
    }

    /// The RPC.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The server that is called; `None` in process.
    pub fn address(&self) -> Option<&'a Address> {
        self.address
    }
}

/// Makes the middleware of each call of a client, see
/// [`Client::with_middleware`](crate::Client::with_middleware). All of it runs on the I/O threads,
/// so it is to be quick.
///
/// A closure is one too:
///
/// ```
/// use wingbeat::{ClientCallInfo, ClientMiddleware, Error, HeaderMap, Result};
///
/// struct Timed(std::time::Instant);
///
/// impl ClientMiddleware for Timed {
///     fn call_completed(&mut self, outcome: Result<(), &Error>) {
///         println!("{:?} after {:?}", outcome.map_err(|error| error.code()), self.0.elapsed());
///     }
/// }
///
/// # fn with(client: wingbeat::Client) -> wingbeat::Client {
/// client.with_middleware(|_call: &ClientCallInfo<'_>| Ok(Timed(std::time::Instant::now())))
/// # }
/// ```
pub trait ClientMiddlewareFactory: Send + Sync + 'static {
    /// A call is about to start. `None` leaves it alone.
    ///
    /// # Errors
    /// An error refuses the call: nothing is sent, and its caller gets the error.
    fn start_call(&self, call: &ClientCallInfo<'_>) -> Result<Option<Box<dyn ClientMiddleware>>>;
}

/// Code around one call of a client. The methods are called in the order in which they stand here.
pub trait ClientMiddleware: Send + 'static {
    /// These headers are about to be sent: further ones can be added. Names that belong to gRPC or
    /// HTTP are replaced.
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// The response's headers are there.
    fn received_headers(&mut self, headers: &HeaderMap) {
        let _ = headers;
    }

    /// The response's trailers are there. A call that fails before its first answer may have
    /// nothing else, and then its headers are here. By default they are shown to
    /// [`received_headers`](Self::received_headers), as servers put things in either.
    fn received_trailers(&mut self, trailers: &HeaderMap) {
        self.received_headers(trailers);
    }

    /// The call is over. One whose stream was dropped before its end is CANCELLED.
    fn call_completed(&mut self, outcome: Result<(), &Error>) {
        let _ = outcome;
    }
}

impl<F, M> ClientMiddlewareFactory for F
where
    F: Fn(&ClientCallInfo<'_>) -> Result<M> + Send + Sync + 'static,
    M: ClientMiddleware,
{
    fn start_call(&self, call: &ClientCallInfo<'_>) -> Result<Option<Box<dyn ClientMiddleware>>> {
        Ok(Some(Box::new(self(call)?)))
    }
}
