//! [`BatchSender`]: the writing end of a channel of batches.

use wingbeat_wire::data::FlightStreamChunk;

use super::channel::Sender;
use crate::{Error, Result};

/// Feeds a [`BatchStream`](crate::BatchStream), see
/// [`BatchStream::channel`](crate::BatchStream::channel).
///
/// [`finish`](Self::finish) is what makes the stream end well. A sender that is dropped without it
/// (by an early return, a panic, a cancelled task) leaves an error to the reader, and an upload
/// that is read from the stream is reset, so that a half-written one never looks finished.
#[derive(Debug)]
pub struct BatchSender(pub(super) Sender<FlightStreamChunk>);

impl BatchSender {
    /// Waits until there is room, then sends a batch, a batch with metadata, or metadata alone.
    ///
    /// # Errors
    /// When nobody reads any more, with the reason: the very error of the server where the stream
    /// is an upload, CANCELLED where the reader is gone.
    ///
    /// # Cancel safety
    /// The chunk is lost when the future is dropped before it is ready.
    pub async fn send(&mut self, chunk: impl Into<FlightStreamChunk>) -> Result<()> {
        self.0.send(chunk.into()).await
    }

    /// Waits until nobody reads any more, and says why.
    pub async fn closed(&self) -> Error {
        self.0.closed().await
    }

    /// Ends the stream well. What was sent is still read.
    pub fn finish(mut self) {
        self.0.finish();
    }

    /// Ends the stream with an error.
    pub fn fail(mut self, error: Error) {
        self.0.fail(error);
    }
}
