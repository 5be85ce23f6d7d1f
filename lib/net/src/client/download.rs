//! The body of a response, and all that has to live as long as its call.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::Frame;
use tokio::time::{Instant, Sleep};
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use super::connection::Connection;
use super::errors::from_h2;
use crate::body::BoxError;
use crate::keepalive::Calls;
use crate::status::Status;
use crate::stream::Received;

/// When a call has to be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    /// `timeout` from now; `None` when that is too far away to matter.
    pub(super) fn after(timeout: Duration) -> Option<Self> {
        Some(Self { at: Instant::now().checked_add(timeout)?, timeout })
    }

    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// What a call gets that was not over in time.
    pub(super) fn status(self) -> Status {
        let text = format!("the call was not over within its deadline of {:?}", self.timeout);
        Status::new(Code::DeadlineExceeded, text)
    }
}

/// What a call holds while it runs. Dropping it ends the upload, with a reset unless it was over.
pub(super) struct Running {
    pub(super) connection: Arc<Connection>,
    pub(super) stream_id: u32,
    /// Counts the call in for the keepalive.
    pub(super) _call: Arc<Calls>,
    pub(super) upload: Option<AbortOnDropHandle<()>>,
    /// Why the upload's source failed, if it did.
    pub(super) failure: Arc<OnceLock<Status>>,
    pub(super) deadline: Option<Deadline>,
}

impl Running {
    /// The status of the call that h2 ended with `error`.
    pub(super) fn status(&self, error: &h2::Error) -> Status {
        if let Some(status) = self.failure.get() {
            return status.clone();
        }
        match self.deadline {
            // The server, or the upload's own timer, reset the call because its time was over.
            Some(deadline) if error.is_reset() && Instant::now() >= deadline.at => {
                deadline.status()
            }
            _ => {
                let status = from_h2(error, &self.connection);
                match self.connection.has_not_seen(self.stream_id) {
                    true => status.unseen(),
                    false => status,
                }
            }
        }
    }
}

/// A response as it arrives. Dropping it resets a call that is not over.
pub(super) struct Download {
    /// `None` once the call is over.
    call: Option<(Received, Running)>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Resolves when the server does not take what was sent, of which the task that sent it may
    /// know no more.
    untaken: Option<Pin<Box<dyn Future<Output = Status> + Send>>>,
}

impl Download {
    pub(super) fn new(stream: Received, running: Running) -> Self {
        let sleep = running.deadline.map(|deadline| {
            let sleep = tokio::time::sleep_until(deadline.at);
            Box::pin(sleep)
        });
        Self { call: Some((stream, running)), sleep, untaken: None }
    }

    /// The same, which also ends when `untaken` resolves.
    pub(super) fn with_upload(
        mut self,
        untaken: impl Future<Output = Status> + Send + 'static,
    ) -> Self {
        self.untaken = Some(Box::pin(untaken));
        self
    }

    /// Data, then trailers, then `None`.
    fn poll_inner(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame<Segments>>, Status>> {
        let Some((stream, running)) = &mut self.call else { return Poll::Ready(Ok(None)) };
        if let (Some(sleep), Some(deadline)) = (&mut self.sleep, running.deadline)
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(deadline.status()));
        }
        if let Some(untaken) = &mut self.untaken
            && let Poll::Ready(status) = untaken.as_mut().poll(cx)
        {
            return Poll::Ready(Err(status));
        }
        let polled = ready!(stream.poll_frame(cx));
        Poll::Ready(polled.transpose().map_err(|error| running.status(&error)))
    }
}

impl http_body::Body for Download {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let this = self.get_mut();
        let polled = ready!(this.poll_inner(cx));
        let is_over = !matches!(&polled, Ok(Some(frame)) if frame.is_data());
        if is_over {
            // The server has said all it will say: an upload still under way has no use.
            this.call = None;
        }
        Poll::Ready(polled.map_err(Into::into).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.call.is_none()
    }
}
