//! Sends the body of a request, and never to a false end.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Reason, SendStream};
use wingbeat_wire::grpc::Code;

use crate::body::{Body, BoxError};
use crate::stall::{Ledger, Sent};
use crate::status::Status;
use crate::stream::{ConnectionShared, Pump, PumpError};

/// An upload. Dropped before its end, it resets the stream, so that the server cannot take what it
/// has for the whole.
pub(super) struct Upload {
    pump: Pump,
    /// Why the source failed, for the caller: all that the server gets is a reset.
    failure: Arc<OnceLock<Status>>,
    ledger: Arc<Ledger>,
    done: bool,
}

impl Upload {
    pub(super) fn new(
        body: Body,
        stream: SendStream<Sent>,
        ledger: Arc<Ledger>,
        buffer_bytes: usize,
        shared: ConnectionShared,
        failure: Arc<OnceLock<Status>>,
    ) -> Self {
        let pump = Pump::new(body, stream, Arc::clone(&ledger), buffer_bytes, shared);
        Self { pump, failure, ledger, done: false }
    }

    /// Sends what is there already. Says whether that was all, as it is with the requests of most
    /// calls, which then need no task of their own.
    pub(super) fn poll_at_once(&mut self, cx: &mut Context<'_>) -> bool {
        match self.pump.poll(cx) {
            Poll::Ready(ended) => {
                self.end(ended);
                true
            }
            Poll::Pending => false,
        }
    }

    /// Sends the body. A server that takes nothing of it for `stall_timeout` fails the call.
    ///
    /// Over as soon as the transport has the whole; who reads the response looks on.
    pub(super) async fn run(mut self, stall_timeout: Option<Duration>) {
        let ledger = Arc::clone(&self.ledger);
        tokio::select! {
            ended = poll_fn(|cx| self.pump.poll(cx)) => self.end(ended),
            status = untaken(ledger, stall_timeout) => self.fail(status),
        }
    }

    fn end(&mut self, ended: Result<(), PumpError>) {
        match ended {
            Ok(()) => self.done = true,
            Err(PumpError::Source(error)) => self.fail(source_status(error)),
            Err(PumpError::Stream(error)) => {
                // Who reads the response is told why.
                tracing::debug!(%error, "upload ended early");
                self.done = true;
            }
        }
    }

    /// Ends the call, for a source that failed or a server that takes nothing.
    fn fail(&mut self, status: Status) {
        // Set once only: there is one upload to a call.
        let _ = self.failure.set(status);
        self.pump.stream().send_reset(Reason::CANCEL);
        self.done = true;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.done {
            self.pump.stream().send_reset(Reason::CANCEL);
        }
    }
}

/// Resolves, with the call's status, when the server takes too little of what was sent.
pub(super) async fn untaken(ledger: Arc<Ledger>, stall_timeout: Option<Duration>) -> Status {
    ledger.stalled(stall_timeout).await;
    let limit = stall_timeout.unwrap_or_default();
    let text = format!("the server takes nothing of the upload, no progress for {limit:?}");
    tracing::debug!(text, "upload ended");
    Status::new(Code::DeadlineExceeded, text)
}

fn source_status(error: BoxError) -> Status {
    match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(error) => Status::new(Code::Unknown, format!("the upload's source failed: {error}")),
    }
}
