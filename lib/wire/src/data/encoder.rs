//! Turns the sending side of a data stream into gRPC messages.

use std::borrow::Cow;
use std::collections::VecDeque;

use arrow_schema::SchemaRef;
use bytes::{Bytes, BytesMut};

use super::head::HeadPlan;
use super::{FlightDataHead, FlightStreamChunk};
use crate::grpc::PREFIX_LEN;
use crate::ipc::{BatchEncoder, EncodeOptions, MessageKind, MessageLen, MessageSize, Placement};
use crate::message::FlightDescriptor;
use crate::{EncodeError, Segments};

/// Encodes one stream of `FlightData`, ready to be sent.
///
/// The schema travels as soon as it is known, before any batch: C++ clients wait for it. Batches
/// become one or more messages, made one at a time by [`poll`](Self::poll), which is to be called
/// until it returns `Ok(None)` before the next chunk is pushed: what is pushed is kept until then.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{ArrayRef, Int32Array, RecordBatch};
/// use wingbeat_wire::data::FlightDataEncoder;
/// use wingbeat_wire::ipc::EncodeOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let column: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
/// let batch = RecordBatch::try_from_iter([("n", column)])?;
/// let mut encoder = FlightDataEncoder::new(EncodeOptions::default());
/// encoder.start(batch.schema())?;
/// encoder.push(batch.into())?;
/// let (schema, rows) = (encoder.poll()?, encoder.poll()?);
/// assert!(schema.is_some() && rows.is_some() && encoder.poll()?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FlightDataEncoder {
    options: EncodeOptions,
    /// The limit that the options came with.
    configured_bytes_max: Option<usize>,
    batches: BatchEncoder,
    /// Rides on the next message.
    descriptor: Option<FlightDescriptor>,
    /// Rides on the first message with rows of the batch that is being encoded.
    app_metadata: Option<Bytes>,
    queue: VecDeque<Item>,
}

#[derive(Debug)]
enum Item {
    Message(Segments),
    Chunk(FlightStreamChunk),
}

impl FlightDataEncoder {
    /// An encoder for one stream.
    pub fn new(options: EncodeOptions) -> Self {
        let batches = batch_encoder(&options);
        Self {
            configured_bytes_max: options.peer_bytes_max,
            options,
            batches,
            descriptor: None,
            app_metadata: None,
            queue: VecDeque::new(),
        }
    }

    /// The receiver has said that it takes messages of up to so many bytes, and uses them as they
    /// lie in their frame ([`Placement::Frame`]). Holds from the next message on; a lower limit in
    /// the options stays.
    pub fn receiver_takes(&mut self, bytes_max: usize) {
        let bytes_max = self.configured_bytes_max.map_or(bytes_max, |max| max.min(bytes_max));
        self.options.peer_bytes_max = Some(bytes_max);
        self.options.placement = Placement::Frame;
        self.batches.set_peer_bytes_max(bytes_max);
    }

    /// Encodes with other options from the schema on. Without effect once that is
    /// [queued](Self::start).
    pub fn set_options(&mut self, options: EncodeOptions) {
        if !self.batches.is_started() {
            self.batches = batch_encoder(&options);
            self.configured_bytes_max = options.peer_bytes_max;
            self.options = options;
        }
    }

    /// Says what the stream is about. It rides on the message that is made next: in DoPut that of
    /// the schema, when this comes before [`start`](Self::start).
    pub fn descriptor(&mut self, descriptor: FlightDescriptor) {
        self.descriptor = Some(descriptor);
    }

    /// Queues a message with the descriptor and nothing else, which is how DoExchange begins in
    /// C++. The message is empty when no descriptor was set.
    pub fn descriptor_only(&mut self) {
        let descriptor = self.descriptor.take();
        let head = FlightDataHead { descriptor: descriptor.as_ref(), ..FlightDataHead::default() };
        self.queue.push_back(Item::Message(head.encode(None)));
    }

    /// Queues the schema message.
    ///
    /// # Errors
    /// When the stream has a schema already, or the message is larger than the peer takes.
    pub fn start(&mut self, schema: SchemaRef) -> Result<(), EncodeError> {
        let data_header = self.batches.start(schema)?;
        let descriptor = self.descriptor.take();
        let head = FlightDataHead {
            descriptor: descriptor.as_ref(),
            data_header: &data_header,
            ..FlightDataHead::default()
        };
        let message = self.checked(&head)?;
        self.queue.push_back(Item::Message(message));
        Ok(())
    }

    /// Takes the next chunk: rows, metadata or both. Metadata alone may come before the schema.
    /// A chunk with neither says nothing and is passed over.
    ///
    /// # Errors
    /// When there are rows, but no schema yet.
    pub fn push(&mut self, chunk: FlightStreamChunk) -> Result<(), EncodeError> {
        if chunk.data.is_some() && !self.batches.is_started() {
            let reason = Cow::Borrowed("a batch was pushed before the schema");
            return Err(EncodeError::Misuse { reason });
        }
        if chunk.data.is_some() || chunk.app_metadata.is_some() {
            self.queue.push_back(Item::Chunk(chunk));
        }
        Ok(())
    }

    /// Makes the next message, gRPC's prefix included; `None` when everything that was pushed is
    /// encoded. The descriptor rides on the first message, `app_metadata` on the first one with
    /// rows of its batch.
    ///
    /// # Errors
    /// When a row, dictionary or metadata is larger than the peer takes, or a batch does not have
    /// the stream's schema. What is left of the chunk is dropped then.
    pub fn poll(&mut self) -> Result<Option<Segments>, EncodeError> {
        loop {
            if let Some(message) = self.poll_batch()? {
                return Ok(Some(message));
            }
            match self.queue.pop_front() {
                None => return Ok(None),
                Some(Item::Message(message)) => return Ok(Some(message)),
                Some(Item::Chunk(FlightStreamChunk { data: Some(batch), app_metadata })) => {
                    self.batches.push(batch)?;
                    self.app_metadata = app_metadata;
                }
                Some(Item::Chunk(FlightStreamChunk { data: None, app_metadata })) => {
                    let descriptor = self.descriptor.take();
                    let head = FlightDataHead {
                        descriptor: descriptor.as_ref(),
                        data_header: &[],
                        app_metadata: app_metadata.as_deref(),
                        ..FlightDataHead::default()
                    };
                    return self.checked(&head).map(Some);
                }
            }
        }
    }

    /// Whether bodies are compressed: encoding takes long then, and is better done elsewhere than
    /// where sockets are served.
    pub fn compresses(&self) -> bool {
        self.options.compression.is_some()
    }

    /// Whether everything that was pushed is encoded: [`poll`](Self::poll) would give `None`.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.batches.is_busy()
    }

    /// The next message of the batch that was pushed last.
    fn poll_batch(&mut self) -> Result<Option<Segments>, EncodeError> {
        if !self.batches.is_busy() {
            return Ok(None);
        }
        let riders = Riders {
            descriptor: &self.descriptor,
            app_metadata: &self.app_metadata,
            placement: self.options.placement,
        };
        let message = match self.batches.prepare(|kind, len| riders.plan(kind, len).message_len()) {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.app_metadata = None;
                return Err(error);
            }
        };
        let kind = message.kind();
        let head = riders.plan(kind, message.len());
        let mut front = BytesMut::with_capacity(head.len() + message.gathered_len());
        head.write(&mut front, |out| message.write_header(out));
        let segments = self.batches.body(message, front);
        self.descriptor = None;
        if kind == FIRST_ROWS {
            self.app_metadata = None;
        }
        Ok(Some(segments))
    }

    /// A message without a body.
    ///
    /// # Errors
    /// When it is larger than the peer takes.
    fn checked(&self, head: &FlightDataHead<'_>) -> Result<Segments, EncodeError> {
        let (len, limit) = (head.encoded_len(None), self.options.hard_bytes_max());
        if len > limit {
            let (bytes, limit) = (len as u64, limit as u64);
            return Err(EncodeError::TooLarge { row: None, bytes, limit });
        }
        Ok(head.encode(None))
    }
}

fn batch_encoder(options: &EncodeOptions) -> BatchEncoder {
    // The soft limit counts gRPC's prefix, limits of peers do not.
    let size = match options.message_size {
        MessageSize::AtMost(max) => MessageSize::AtMost(max.saturating_sub(PREFIX_LEN)),
        size => size,
    };
    BatchEncoder::new(options.clone().with_message_size(size))
}

/// The message that `app_metadata` rides on.
const FIRST_ROWS: MessageKind = MessageKind::Batch { first: true };

/// What rides on the next messages.
struct Riders<'a> {
    descriptor: &'a Option<FlightDescriptor>,
    app_metadata: &'a Option<Bytes>,
    placement: Placement,
}

impl Riders<'_> {
    fn plan(&self, kind: MessageKind, len: MessageLen) -> HeadPlan<'_> {
        let head = FlightDataHead {
            descriptor: self.descriptor.as_ref(),
            data_header: &[],
            app_metadata: self.app_metadata.as_deref().filter(|_| kind == FIRST_ROWS),
            placement: self.placement,
        };
        head.plan(len.header, Some(len.body))
    }
}

#[cfg(test)]
mod tests;
