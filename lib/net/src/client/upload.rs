//! Sends the body of a request: as fast as the server takes it, and never to a false end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use h2::{Reason, SendStream};
use http_body::Body as _;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use crate::body::{Body, BoxError};
use crate::stall::{Ledger, Sent};
use crate::status::Status;

/// A message of more bytes than this is not worth the attempt to send it at once.
const AT_ONCE_LEN_MAX: usize = 16 << 10;

/// Pumps a body into its HTTP/2 stream. Dropped before the body's end, it resets the stream, so
/// that the server cannot take what it has for the whole.
///
/// Besides the stream's window, one message waits here and up to the send buffer's size in h2.
pub(super) struct Upload {
    body: Body,
    stream: SendStream<Sent>,
    /// A message that waits for window.
    waiting: Option<Sent>,
    /// Why the source failed, for the caller: all that the server gets is a reset.
    failure: Arc<OnceLock<Status>>,
    /// What the server has not taken yet.
    ledger: Arc<Ledger>,
    done: bool,
}

impl Upload {
    pub(super) fn new(
        body: Body,
        stream: SendStream<Sent>,
        failure: Arc<OnceLock<Status>>,
    ) -> Self {
        let ledger = Arc::default();
        Self { body, stream, waiting: None, failure, ledger, done: false }
    }

    /// Sends a body that is one short message and there already, as the requests of most calls are,
    /// without a task of its own. Says whether that is all; what it took otherwise goes first.
    pub(super) fn poll_at_once(&mut self, cx: &mut Context<'_>) -> Result<bool, h2::Error> {
        let Poll::Ready(first) = Pin::new(&mut self.body).poll_frame(cx) else { return Ok(false) };
        let mut data = match first {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            None => Segments::new(),
            Some(Err(error)) => {
                self.fail(error);
                return Ok(true);
            }
        };
        if data.len() <= AT_ONCE_LEN_MAX && self.has_window(data.len()) {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(None) => {
                    self.done = true;
                    self.stream.send_data(Sent::new(data, &self.ledger), true)?;
                    return Ok(true);
                }
                Poll::Ready(Some(Ok(frame))) => data.append(frame.into_data().unwrap_or_default()),
                Poll::Ready(Some(Err(error))) => {
                    self.fail(error);
                    return Ok(true);
                }
                Poll::Pending => {}
            }
        }
        self.hold(data);
        Ok(false)
    }

    /// Whether so many bytes can leave now.
    fn has_window(&mut self, len: usize) -> bool {
        self.stream.reserve_capacity(len);
        self.stream.capacity() >= len
    }

    /// Keeps data until there is window for it.
    fn hold(&mut self, data: Segments) {
        if !data.is_empty() {
            // Only a claim to be served: h2 raises it to the message's size once sent.
            self.stream.reserve_capacity(1);
            self.waiting = Some(Sent::new(data, &self.ledger));
        }
    }

    /// Ends the call for a source that failed.
    fn fail(&mut self, error: BoxError) {
        // Set once only: there is one upload to a call.
        let _ = self.failure.set(source_status(error));
        self.stream.send_reset(Reason::CANCEL);
        self.done = true;
    }

    /// Sends the body, and stays until the server has taken it: one that takes nothing for
    /// `stall_timeout` fails the call.
    pub(super) async fn run(mut self, stall_timeout: Option<Duration>) {
        let ledger = Arc::clone(&self.ledger);
        let sent = async {
            let ended = poll_fn(|cx| self.poll_pump(cx)).await;
            self.done = true;
            match ended {
                // Nobody needs to know when the last byte is taken, only whether that stalls.
                Ok(()) if ledger.under_way() > 0 => std::future::pending().await,
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "upload ended early"),
            }
        };
        tokio::select! {
            () = sent => return,
            () = ledger.stalled(stall_timeout) => {}
        }
        let limit = stall_timeout.unwrap_or_default();
        let text = format!("the server takes nothing of the upload, no progress for {limit:?}");
        tracing::debug!(text, "upload ended");
        // Set once only: the source has not failed.
        let _ = self.failure.set(Status::new(Code::DeadlineExceeded, text));
        self.done = true;
        self.stream.send_reset(Reason::CANCEL);
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
                    self.hold(data);
                }
                Some(Err(error)) => {
                    self.fail(error);
                    return Poll::Ready(Err(Reason::CANCEL.into()));
                }
                None => {
                    self.stream.send_data(Sent::new(Segments::new(), &self.ledger), true)?;
                    return Poll::Ready(Ok(()));
                }
            }
        }
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
