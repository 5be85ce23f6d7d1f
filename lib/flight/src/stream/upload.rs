//! [`Upload`]: what a DoPut hands to its service.

use std::fmt;
use std::future::poll_fn;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use futures_util::stream;
use wingbeat_wire::data::FlightStreamChunk;
use wingbeat_wire::message::FlightDescriptor;

use super::{AckSender, BatchStream, DataReader};
use crate::{Error, Result};

/// Data that a client writes, read as it arrives, and the way back for acknowledgements.
///
/// Nothing is read ahead beyond the connection's window, so a service that stops reading stops the
/// client. [`next`](Self::next) gives `None` only when the client has finished its upload; one
/// that broke off, because the client failed, went away or reset the call, is an error.
///
/// ```
/// use wingbeat::{CallContext, FlightService, Result, Upload};
///
/// struct Counter;
///
/// impl FlightService for Counter {
///     async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
///         let mut rows = 0;
///         while let Some(batch) = upload.next_batch().await? {
///             rows += batch.num_rows();
///             upload.ack(format!("{rows} rows so far")).await?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub struct Upload {
    descriptor: FlightDescriptor,
    reader: DataReader,
    acks: AckSender,
}

impl Upload {
    pub(crate) fn new(descriptor: FlightDescriptor, reader: DataReader, acks: AckSender) -> Self {
        Self { descriptor, reader, acks }
    }

    pub(crate) fn set_descriptor(&mut self, descriptor: FlightDescriptor) {
        self.descriptor = descriptor;
    }

    /// What the data is for. `Unknown` when the client named nothing.
    pub fn descriptor(&self) -> &FlightDescriptor {
        &self.descriptor
    }

    /// The schema, which clients send before any batch.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when the upload ends without one; or the error that the upload ends with.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn schema(&mut self) -> Result<SchemaRef> {
        let schema = self.try_schema().await?;
        schema.ok_or_else(|| Error::invalid_argument("the upload ended without a schema"))
    }

    /// The schema; `None` when the upload ends without one, as those do that carry a command and
    /// no data.
    ///
    /// # Errors
    /// The error that the upload ends with.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn try_schema(&mut self) -> Result<Option<SchemaRef>> {
        poll_fn(|cx| self.reader.poll_schema(cx)).await
    }

    /// The next chunk; `None` when the client has finished.
    ///
    /// # Errors
    /// When the upload broke off or makes no sense. Every later call gives the same.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<FlightStreamChunk>> {
        poll_fn(|cx| self.reader.poll_chunk(cx)).await
    }

    /// The next batch; `None` when the client has finished. Metadata is passed over.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(chunk) = self.next().await? {
            if chunk.data.is_some() {
                return Ok(chunk.data);
            }
        }
        Ok(None)
    }

    /// Answers with a `PutResult`, at once and any number of times. See [`AckSender::send`].
    ///
    /// # Errors
    /// CANCELLED when the call is over.
    pub fn ack<B: Into<Bytes>>(
        &self,
        app_metadata: B,
    ) -> impl Future<Output = Result<()>> + Send + use<B> {
        self.acks.send(app_metadata)
    }

    /// The way back for acknowledgements, for use beside the loop that reads.
    pub fn acks(&self) -> AckSender {
        self.acks.clone()
    }

    /// The data as a stream, for those who take one. Take [`acks`](Self::acks) before, if need be.
    ///
    /// # Errors
    /// See [`schema`](Self::schema).
    pub async fn into_stream(mut self) -> Result<BatchStream> {
        let schema = self.schema().await?;
        let mut reader = self.reader;
        let chunks = stream::poll_fn(move |cx| reader.poll_chunk(cx).map(Result::transpose));
        Ok(BatchStream::from_stream(schema, chunks))
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}
