//! A body for the services of other frameworks: one `Bytes` a frame.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use wingbeat_wire::Segments;

use super::{Body, BoxError};

/// A [`Body`] that gives its pieces one by one. Mounts into tonic and axum, whose bodies carry
/// `Bytes`; every Arrow buffer becomes a DATA frame of its own there.
#[derive(Debug)]
pub struct BytesBody {
    body: Body,
    /// Pieces of the frame at hand that are still to be given out.
    rest: Segments,
}

impl BytesBody {
    pub(super) fn new(body: Body) -> Self {
        Self { body, rest: Segments::new() }
    }
}

impl http_body::Body for BytesBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.rest.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(data) => this.rest = data,
                Err(frame) => {
                    // Neither data nor trailers: a kind of frame that gRPC has no use for.
                    let Ok(trailers) = frame.into_trailers() else { continue };
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
