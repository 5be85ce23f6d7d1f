//! What the two directions of a client's call tell each other about its end.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio_util::sync::CancellationToken;
use wingbeat_net::Status;
use wingbeat_wire::Segments;

use super::{EncodeStream, Reason};
use crate::Error;

/// How a call with an upload ended, from both sides.
#[derive(Debug, Default)]
pub(crate) struct CallEnd {
    /// How the answer ended; what the source of the upload gets to know.
    pub(crate) reason: Arc<Reason>,
    /// Cancelled when nobody takes any more of the upload.
    pub(crate) upload_over: CancellationToken,
    source_error: OnceLock<Error>,
}

impl CallEnd {
    /// The error that the source of the upload ended with, which is why the call was reset.
    pub(crate) fn source_error(&self) -> Option<Error> {
        self.source_error.get().cloned()
    }
}

/// The upload of a call. An error of its source is kept and resets the call; a source that is no
/// longer wanted is told why.
pub(crate) struct RequestStream {
    messages: EncodeStream,
    end: Arc<CallEnd>,
}

impl RequestStream {
    pub(crate) fn new(messages: EncodeStream, end: Arc<CallEnd>) -> Self {
        Self { messages, end }
    }
}

impl Stream for RequestStream {
    type Item = Result<Segments, Status>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Segments, Status>>> {
        let item = ready!(Pin::new(&mut self.messages).poll_next(cx));
        Poll::Ready(item.map(|item| {
            item.map_err(|error| {
                let status = error.to_status();
                let _ = self.end.source_error.set(error);
                status
            })
        }))
    }
}

impl Drop for RequestStream {
    fn drop(&mut self) {
        self.messages.source_mut().give_up_later(self.end.reason.clone());
        self.end.upload_over.cancel();
    }
}
