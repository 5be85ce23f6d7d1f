//! Sends the body of a request: as fast as the server takes it, and never to a false end.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use h2::{Reason, SendStream};
use http_body::Body as _;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use crate::body::{Body, BoxError};
use crate::status::Status;

/// Pumps a body into its HTTP/2 stream. Dropped before the body's end, it resets the stream, so
/// that the server cannot take what it has for the whole.
///
/// Besides the stream's window, one message waits here and up to the send buffer's size in h2.
pub(super) struct Upload {
    body: Body,
    stream: SendStream<Segments>,
    /// A message that waits for window.
    waiting: Option<Segments>,
    /// Why the source failed, for the caller: all that the server gets is a reset.
    failure: Arc<OnceLock<Status>>,
    done: bool,
}

impl Upload {
    pub(super) fn new(
        body: Body,
        stream: SendStream<Segments>,
        failure: Arc<OnceLock<Status>>,
    ) -> Self {
        Self { body, stream, waiting: None, failure, done: false }
    }

    /// Ready once the upload is over; the error ends it too, and only the logs care for it.
    fn poll_pump(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        loop {
            // Also registers for a reset, by which a server that has answered early says that it
            // wants no more.
            if let Poll::Ready(reason) = self.stream.poll_reset(cx)? {
                return Poll::Ready(Err(reason.into()));
            }
            if self.waiting.is_some() {
                while self.stream.capacity() == 0 {
                    match ready!(self.stream.poll_capacity(cx)) {
                        Some(room) => room?,
                        // The stream takes no more data: it was closed under us.
                        None => return Poll::Ready(Err(Reason::STREAM_CLOSED.into())),
                    };
                }
                if let Some(data) = self.waiting.take() {
                    self.stream.send_data(data, false)?;
                }
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // A request has no trailers in gRPC.
                    let Ok(data) = frame.into_data() else { continue };
                    if !data.is_empty() {
                        // Only a claim to be served: h2 raises it to the message's size once sent.
                        self.stream.reserve_capacity(1);
                        self.waiting = Some(data);
                    }
                }
                Some(Err(error)) => {
                    // Set once only: there is one upload to a call.
                    let _ = self.failure.set(source_status(error));
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(Err(Reason::CANCEL.into()));
                }
                None => {
                    self.stream.send_data(Segments::new(), true)?;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl Future for Upload {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let ended = ready!(this.poll_pump(cx));
        this.done = true;
        if let Err(error) = ended {
            tracing::debug!(%error, "upload ended early");
        }
        Poll::Ready(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.done {
            self.stream.send_reset(Reason::CANCEL);
        }
    }
}

fn source_status(error: BoxError) -> Status {
    match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(error) => Status::new(Code::Unknown, format!("the upload's source failed: {error}")),
    }
}
