//! [`ResponseObserver`]: a look at what comes beside the messages of a response.

use http::HeaderMap;

use crate::Method;

/// Sees the response headers and trailers of a client's calls: where servers put tokens and
/// cookies. Called on the I/O threads, so it is to be quick.
pub trait ResponseObserver: Send + Sync + 'static {
    /// The headers of a response are there. Not called for a call that fails before.
    fn headers(&self, method: Method, headers: &HeaderMap) {
        let _ = (method, headers);
    }

    /// The call has ended and these are its trailers. Not called for a call whose stream was
    /// dropped before its end.
    fn trailers(&self, method: Method, trailers: &HeaderMap) {
        let _ = (method, trailers);
    }
}
