//! [`ExchangeSender`]: the writing direction of an exchange.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use wingbeat_wire::data::FlightStreamChunk;
use wingbeat_wire::ipc::EncodeOptions;

use super::channel::Sender;
use super::encode::Outgoing;
use crate::{Error, Result};

/// How many small chunks may wait to be encoded, so that they can leave together.
pub(crate) const CHUNKS_MAX: usize = 16;

/// A chunk that keeps this much memory waits alone.
const SMALL_BYTES_MAX: usize = 64 << 10;

/// Sends to the other end of an exchange, with backpressure.
///
/// A client says with [`finish`](Self::finish) that it is done (a half-close: answers still come);
/// a sender that it drops without resets the call. On a server the end of the call does for both.
#[derive(Debug)]
pub struct ExchangeSender {
    sender: Sender<Outgoing>,
    started: bool,
    /// Go out with the schema.
    options: Option<EncodeOptions>,
}

impl ExchangeSender {
    pub(crate) fn new(sender: Sender<Outgoing>) -> Self {
        Self { sender, started: false, options: None }
    }

    /// Before anything has been sent.
    pub(super) fn set_options(&mut self, options: EncodeOptions) {
        self.options = Some(options);
    }

    /// Sends the schema, before any batch. Needed where the other side is to see it before the
    /// first batch, or where there may be none; else the first batch's schema goes by itself.
    ///
    /// # Errors
    /// FAILED_PRECONDITION when a schema has been sent; the reason when nobody reads any more.
    pub async fn start(&mut self, schema: SchemaRef) -> Result<()> {
        if self.started {
            return Err(Error::failed_precondition("the exchange has its schema already"));
        }
        self.started = true;
        self.sender.send(Outgoing::Start(schema, self.options.take())).await
    }

    /// Waits until there is room, then sends a batch, a batch with metadata, or metadata alone.
    ///
    /// # Errors
    /// When nobody reads any more, with the reason: the server's error as soon as the client's
    /// [`ExchangeReceiver`](super::ExchangeReceiver) has seen it, else CANCELLED. Read that one
    /// meanwhile: a server that ends the call without a word about the upload, as some do, is
    /// noticed there alone, and until then this waits for room.
    ///
    /// # Cancel safety
    /// The chunk is lost when the future is dropped before it is ready.
    pub async fn send(&mut self, chunk: impl Into<FlightStreamChunk>) -> Result<()> {
        let chunk = chunk.into();
        if let (Some(batch), false) = (&chunk.data, self.started) {
            self.start(batch.schema()).await?;
        }
        let is_small = memory_size(&chunk) < SMALL_BYTES_MAX;
        let chunk = Outgoing::Chunk(chunk);
        if is_small { self.sender.send(chunk).await } else { self.sender.send_alone(chunk).await }
    }

    /// Ends this direction well; the other goes on.
    pub fn finish(mut self) {
        self.sender.finish();
    }

    /// Breaks the exchange off: the other side sees an error and no end.
    pub fn fail(mut self, error: Error) {
        self.sender.fail(error);
    }
}

/// How much memory a chunk keeps, which for a slice may be much more than it sends.
fn memory_size(chunk: &FlightStreamChunk) -> usize {
    let data = chunk.data.as_ref().map_or(0, RecordBatch::get_array_memory_size);
    data + chunk.app_metadata.as_ref().map_or(0, |metadata| metadata.len())
}
