//! [`BatchStream`]: record batches of one schema, with backpressure.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use wingbeat_wire::data::FlightStreamChunk;
use wingbeat_wire::ipc::EncodeOptions;

use super::batch_sender::BatchSender;
use super::blocking::Blocking;
use super::channel::{self, channel};
use super::reason::Reason;
use crate::{Error, Result};

/// Record batches and the schema that they have in common, known from the start: what a service
/// returns from `do_get`, what a client uploads, and what it reads.
///
/// A chunk is a batch, a batch with its `app_metadata`, or metadata alone. A stream is read only
/// as fast as its reader takes it: nothing is collected on the way, and a slow reader stops the
/// producer. Dropping a stream tells its producer, on the other side of the network too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wingbeat::Result<()> {
/// use std::sync::Arc;
/// use wingbeat::BatchStream;
/// use wingbeat::arrow::array::{Int64Array, RecordBatch};
///
/// let ids = Int64Array::from(vec![1, 2, 3]);
/// let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as _)])?;
/// let mut stream = BatchStream::from_batches(batch.schema(), [batch.clone()]);
/// assert_eq!(stream.next_batch().await?, Some(batch));
/// assert_eq!(stream.next_batch().await?, None);
/// # Ok(())
/// # }
/// ```
pub struct BatchStream {
    schema: SchemaRef,
    chunks: Pin<Box<dyn Stream<Item = Result<FlightStreamChunk>> + Send>>,
    options: Option<EncodeOptions>,
    /// Where the producer looks why its reader gave up.
    producer: Option<Arc<channel::Shared>>,
}

impl BatchStream {
    /// The batches of an iterator that neither blocks nor computes for long: it runs on the I/O
    /// threads. For others there is [`from_blocking`](Self::from_blocking).
    pub fn from_batches<I>(schema: SchemaRef, batches: I) -> Self
    where
        I: IntoIterator<Item = RecordBatch, IntoIter: Send + 'static>,
    {
        Self::boxed(
            schema,
            Box::pin(stream::iter(batches.into_iter().map(|batch| Ok(batch.into())))),
        )
    }

    /// The chunks of a stream of batches or chunks. An error ends it.
    pub fn from_stream<S, T, E>(schema: SchemaRef, chunks: S) -> Self
    where
        S: Stream<Item = Result<T, E>> + Send + 'static,
        T: Into<FlightStreamChunk>,
        E: Into<Error>,
    {
        let chunks = chunks.map(|item| item.map(Into::into).map_err(Into::into));
        Self::boxed(schema, Box::pin(chunks))
    }

    /// The batches of a blocking reader, such as one of a Parquet file. See
    /// [`from_blocking`](Self::from_blocking).
    pub fn from_reader(reader: impl RecordBatchReader + Send + 'static) -> Self {
        Self::from_blocking(reader.schema(), reader)
    }

    /// The chunks of an iterator that blocks or computes. It is pulled on tokio's blocking
    /// threads, a few chunks ahead of the reader, and holds no thread while the reader is slower.
    pub fn from_blocking<I, T, E>(schema: SchemaRef, chunks: I) -> Self
    where
        I: IntoIterator<Item = Result<T, E>, IntoIter: Send + 'static>,
        T: Into<FlightStreamChunk>,
        E: Into<Error>,
    {
        let chunks = chunks.into_iter().map(|item| item.map(Into::into).map_err(Into::into));
        Self::boxed(schema, Box::pin(Blocking::new(chunks)))
    }

    /// A channel that holds up to `capacity` chunks, at least one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wingbeat::Result<()> {
    /// # use std::sync::Arc;
    /// # use wingbeat::BatchStream;
    /// # use wingbeat::arrow::array::{Int64Array, RecordBatch};
    /// # let ids = Int64Array::from(vec![1, 2, 3]);
    /// # let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as _)])?;
    /// let (mut sender, stream) = BatchStream::channel(batch.schema(), 2);
    /// let writer = async {
    ///     sender.send(batch.clone()).await?;
    ///     sender.finish(); // without it the stream ends with an error
    ///     Ok::<_, wingbeat::Error>(())
    /// };
    /// let (written, read) = tokio::join!(writer, stream.collect_batches());
    /// written?;
    /// assert_eq!(read?, [batch.clone()]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn channel(schema: SchemaRef, capacity: usize) -> (BatchSender, Self) {
        let (sender, mut receiver) = channel(capacity);
        let producer = receiver.shared().clone();
        let chunks = stream::poll_fn(move |cx| receiver.poll_next(cx));
        let mut this = Self::boxed(schema, Box::pin(chunks));
        this.producer = Some(producer);
        (BatchSender(sender), this)
    }

    /// Encodes this stream with other options than the server's or client's: another size of
    /// messages, or compression.
    #[must_use]
    pub fn with_options(mut self, options: EncodeOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// The schema of all batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// The producer's error. The stream is over then.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<FlightStreamChunk>> {
        self.chunks.next().await.transpose()
    }

    /// The next batch; `None` at the end. Metadata is passed over.
    ///
    /// # Errors
    /// The producer's error. The stream is over then.
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

    /// All batches that are left, in memory.
    ///
    /// # Errors
    /// The producer's error.
    pub async fn collect_batches(mut self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next_batch().await? {
            batches.push(batch);
        }
        Ok(batches)
    }

    /// Stops reading, and tells a producer that writes through a channel why: it gets this very
    /// error from [`BatchSender::send`].
    pub fn close(self, error: Error) {
        if let Some(producer) = &self.producer {
            producer.give_up(error);
        }
    }

    pub(crate) fn options(&self) -> Option<&EncodeOptions> {
        self.options.as_ref()
    }

    /// Says where it will stand why this stream is about to be dropped.
    pub(crate) fn give_up_later(&self, reason: Arc<Reason>) {
        if let Some(producer) = &self.producer {
            producer.give_up_later(reason);
        }
    }

    fn boxed(
        schema: SchemaRef,
        chunks: Pin<Box<dyn Stream<Item = Result<FlightStreamChunk>> + Send>>,
    ) -> Self {
        Self { schema, chunks, options: None, producer: None }
    }
}

impl Stream for BatchStream {
    type Item = Result<FlightStreamChunk>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<FlightStreamChunk>>> {
        self.chunks.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}
