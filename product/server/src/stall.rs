//! Ends a request whose client sends nothing for too long.
//!
//! The transport ends calls whose clients do not read. This is the other direction: an upload that
//! stops, or a call that never says what it wants, would hold its room for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use wingbeat::{Body, BoxError, Code, Segments};

use crate::log::CallRecord;

/// The body of a request, which fails when it is waited for longer than the limit.
///
/// Only time in which the service asks for more counts: a client that is held up because the disk
/// is slow is not late.
#[derive(Debug)]
pub(crate) struct StallBody {
    inner: Body,
    limit: Duration,
    /// When it is too late. Armed while the service waits, kept for the next time.
    late: Pin<Box<Sleep>>,
    waiting: bool,
    record: CallRecord,
}

impl StallBody {
    pub(crate) fn new(inner: Body, limit: Duration, record: CallRecord) -> Self {
        Self { inner, limit, late: Box::pin(sleep(limit)), waiting: false, record }
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<BoxError> {
        if !self.waiting {
            self.waiting = true;
            // A limit beyond what the clock can tell is none.
            let Some(at) = Instant::now().checked_add(self.limit) else { return Poll::Pending };
            self.late.as_mut().reset(at);
        }
        self.late.as_mut().poll(cx).map(|()| {
            let seconds = self.limit.as_secs_f64();
            let text = format!("the client sent nothing for {seconds} s");
            // The status of the call, whatever the layers in between make of a broken body.
            self.record.end(Code::DeadlineExceeded, text.clone());
            text.into()
        })
    }
}

impl http_body::Body for StallBody {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.waiting = false;
            return Poll::Ready(frame);
        }
        self.poll_late(cx).map(|error| Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
