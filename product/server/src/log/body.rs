//! A body that counts what passes, and notes the status at its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Frame, SizeHint};
use wingbeat::{Body, BoxError, Segments};

use super::layer::note_status;
use super::record::CallRecord;

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// A body under the access log.
#[derive(Debug)]
pub(super) struct LoggedBody {
    inner: Body,
    record: CallRecord,
    direction: Direction,
}

impl LoggedBody {
    pub(super) fn new(inner: Body, record: CallRecord, direction: Direction) -> Self {
        Self { inner, record, direction }
    }
}

impl http_body::Body for LoggedBody {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let mut frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame {
            if let Some(data) = frame.data_ref() {
                self.record.bytes(data.remaining());
            }
            if self.direction == Direction::Response
                && let Some(trailers) = frame.trailers_mut()
            {
                note_status(trailers, &self.record);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
