//! The body of a request or response: ropes of bytes, then perhaps trailers.

mod bytes_body;
mod decompressed;
mod gather;
mod outgoing;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::{Code, MessageEncoding};

use crate::server::GRPC_ENCODING;
use crate::status::Status;

pub use self::bytes_body::BytesBody;
pub(crate) use self::outgoing::panicked;

/// Whatever went wrong while a body was read or produced. Bodies of this crate give a [`Status`].
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The body of a gRPC request or response, with its concrete type erased.
pub struct Body {
    /// `None` has no bytes, no trailers and no allocation.
    inner: Option<UnsyncBoxBody<Segments, BoxError>>,
}

impl Body {
    /// Takes any body. One whose data is `Bytes` (those of other services) fits as well as one of
    /// ropes.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body + Send + 'static,
        B::Data: Into<Segments>,
        B::Error: Into<BoxError>,
    {
        let body = body.map_frame(|frame| frame.map_data(Into::into)).map_err(Into::into);
        Self { inner: Some(body.boxed_unsync()) }
    }

    /// A body that is over at once.
    pub fn empty() -> Self {
        Self { inner: None }
    }

    /// What a server answers: framed messages, then `trailers` together with `grpc-status: 0`, or
    /// with the status of the first `Err` item.
    ///
    /// Polled only as the client makes room for it. A stream that panics ends the call with
    /// INTERNAL and a log line.
    pub fn response<S, F>(stream: S, trailers: F) -> Self
    where
        S: Stream<Item = Result<Segments, Status>> + Send + 'static,
        F: FnOnce() -> HeaderMap + Send + 'static,
    {
        let body = outgoing::ResponseBody::new(stream, trailers);
        Self { inner: Some(UnsyncBoxBody::new(body)) }
    }

    /// What a client sends: framed messages. The end of the stream half-closes the call; an `Err`
    /// item resets it (RST_STREAM with CANCEL) and becomes the caller's error, so that a
    /// half-written upload never looks finished.
    pub fn request<S>(stream: S) -> Self
    where
        S: Stream<Item = Result<Segments, Status>> + Send + 'static,
    {
        Self { inner: Some(UnsyncBoxBody::new(outgoing::RequestBody::new(stream))) }
    }

    /// The same with its messages decompressed, each to at most `bytes_max`; as it is where the
    /// headers name no encoding that is [accepted](MessageEncoding::ACCEPTED). `fault` is the code
    /// of a message that makes no sense.
    #[must_use]
    pub fn decompressed(self, headers: &HeaderMap, bytes_max: usize, fault: Code) -> Self {
        let encoding = headers.get(GRPC_ENCODING);
        match encoding.and_then(|name| MessageEncoding::from_name(name.as_bytes())) {
            None => self,
            Some(encoding) => {
                let body = decompressed::Decompressed::new(self, encoding, bytes_max, fault);
                Self { inner: Some(UnsyncBoxBody::new(body)) }
            }
        }
    }

    /// The same with one `Bytes` a frame, as the services of other frameworks expect it.
    pub fn into_bytes_body(self) -> BytesBody {
        BytesBody::new(self)
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("is_end_stream", &self.inner.is_none()).finish_non_exhaustive()
    }
}

impl http_body::Body for Body {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        match &mut self.get_mut().inner {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(|body| body.is_end_stream())
    }

    /// Never exact but for an empty body: gRPC sends no content-length.
    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(_) => SizeHint::default(),
            None => SizeHint::with_exact(0),
        }
    }
}
