//! Turns a stream of record batches into IPC messages.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use bytes::{Bytes, BytesMut};

use super::dictionary::{Dictionaries, PendingDictionary};
use super::header::DictionaryHeader;
use super::layout::to_i64;
use super::message_writer::{MessageLen, MessageWriter, Prepared};
use super::split::{Attempt, Split, Splitter};
use super::{schema::encode_schema, walk};
use crate::ipc::EncodeOptions;
use crate::{EncodeError, Segments};

/// The most rows in one message, where they take so little space that its size does not decide:
/// the format recommends arrays of no more than 2^31 - 1 elements, and Java has no longer ones.
const ROWS_MAX: usize = (i32::MAX as usize) / 512 * 512;

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageKind {
    /// Values of a dictionary.
    Dictionary,
    /// Rows of a batch.
    Batch {
        /// Whether they are the first rows of the batch that was pushed.
        first: bool,
    },
}

/// An IPC message: its flatbuffer, and its body as segments that share the arrays' memory.
#[derive(Debug, Clone)]
pub struct EncodedMessage {
    /// What it carries.
    pub kind: MessageKind,
    /// The bare `Message` flatbuffer, which is what `FlightData.data_header` takes.
    pub header: Bytes,
    /// The body, every buffer padded to 64 bytes.
    pub body: Segments,
}

/// A message that is still to be written.
#[derive(Debug)]
pub(crate) struct PreparedMessage {
    kind: MessageKind,
    message: Prepared,
}

impl PreparedMessage {
    pub(crate) fn kind(&self) -> MessageKind {
        self.kind
    }

    pub(crate) fn len(&self) -> MessageLen {
        self.message.len()
    }

    /// How many bytes of the body are copied, behind what [`BatchEncoder::body`] is given.
    pub(crate) fn gathered_len(&self) -> usize {
        self.message.gathered_len()
    }

    /// Appends the flatbuffer.
    pub(crate) fn write_header(&self, out: &mut BytesMut) {
        self.message.write_header(out);
    }
}

/// Encodes the batches of one stream, splitting them by the size of the messages.
///
/// A batch is pushed, then polled until there is nothing left of it; each poll makes one message,
/// so that no more than one is in memory. Dictionaries come before the first batch that needs
/// them, and again when they changed.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{ArrayRef, Int32Array, RecordBatch};
/// use wingbeat_wire::ipc::{BatchEncoder, EncodeOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let column: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
/// let batch = RecordBatch::try_from_iter([("n", column)])?;
/// let mut encoder = BatchEncoder::new(EncodeOptions::default());
/// let _schema_message = encoder.start(batch.schema())?;
/// encoder.push(batch)?;
/// let message = encoder.poll(|_, len| len.header + len.body)?;
/// assert_eq!(message.map(|message| message.body.len()), Some(64));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BatchEncoder {
    options: EncodeOptions,
    stream: Option<Stream>,
    batch: Option<Progress>,
    writer: MessageWriter,
    splitter: Splitter,
}

/// What the schema determines.
#[derive(Debug)]
struct Stream {
    schema: SchemaRef,
    dictionaries: Dictionaries,
}

/// How far a batch has got.
#[derive(Debug)]
struct Progress {
    batch: RecordBatch,
    dictionaries: VecDeque<PendingDictionary>,
    /// The first row that was not sent yet.
    row: usize,
    /// Whether all rows were sent; a batch without rows is sent, too.
    done: bool,
}

impl BatchEncoder {
    /// An encoder for one stream.
    pub fn new(options: EncodeOptions) -> Self {
        let max = options.split_bytes_max();
        let writer = MessageWriter::new(options.compression, max);
        let splitter = Splitter::new(max, options.compression.is_some());
        Self { options, stream: None, batch: None, writer, splitter }
    }

    /// Sets the hard limit on a message, as the peer has announced it, from the next message on.
    pub fn set_peer_bytes_max(&mut self, bytes: usize) {
        self.options.peer_bytes_max = Some(bytes);
        let max = self.options.split_bytes_max();
        self.writer.set_max(max);
        self.splitter.set_max(max);
    }

    /// Sets the schema. Returns its message, which has no body.
    ///
    /// # Errors
    /// When the stream has a schema already, or the message is above the hard limit.
    pub fn start(&mut self, schema: SchemaRef) -> Result<Bytes, EncodeError> {
        if self.stream.is_some() {
            return Err(misuse("the stream has a schema already, expected it once"));
        }
        let message = encode_schema(&schema);
        self.check(message.len(), None)?;
        let dictionaries = Dictionaries::new(&schema, self.options.dictionary_deltas);
        self.stream = Some(Stream { schema, dictionaries });
        Ok(message)
    }

    /// Takes the next batch.
    ///
    /// # Errors
    /// When the stream has no schema yet or another one, when the batch before it was not polled
    /// to its end, or when a dictionary has no form in IPC.
    pub fn push(&mut self, batch: RecordBatch) -> Result<(), EncodeError> {
        if self.batch.is_some() {
            return Err(misuse("a batch was pushed before the last one was polled to its end"));
        }
        let Some(stream) = &mut self.stream else {
            return Err(misuse("a batch was pushed before the schema"));
        };
        check_schema(&stream.schema, &batch)?;
        let dictionaries = stream.dictionaries.changed(&batch)?;
        self.batch = Some(Progress { batch, dictionaries, row: 0, done: false });
        Ok(())
    }

    /// Whether the schema is known.
    pub fn is_started(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether a batch was pushed and not polled to its end yet.
    pub fn is_busy(&self) -> bool {
        self.batch.is_some()
    }

    /// Makes the next message; `None` when the batch is done. `size(kind, len)` is the size in
    /// bytes that a message with these parts has on its way; it is what the limits are compared
    /// with.
    ///
    /// # Errors
    /// When a row or dictionary that cannot be split is above the hard limit, or a column has no
    /// form in IPC. The rest of the batch is dropped then.
    pub fn poll(
        &mut self,
        size: impl Fn(MessageKind, MessageLen) -> usize,
    ) -> Result<Option<EncodedMessage>, EncodeError> {
        let Some(message) = self.prepare(size)? else {
            return Ok(None);
        };
        let (kind, len) = (message.kind(), message.len());
        let mut header = BytesMut::with_capacity(len.header);
        message.write_header(&mut header);
        let front = BytesMut::with_capacity(message.gathered_len());
        let body = self.body(message, front);
        Ok(Some(EncodedMessage { kind, header: header.freeze(), body }))
    }

    /// As [`poll`](Self::poll), but the message is not written yet.
    ///
    /// # Errors
    /// As those of `poll`.
    pub(crate) fn prepare(
        &mut self,
        size: impl Fn(MessageKind, MessageLen) -> usize,
    ) -> Result<Option<PreparedMessage>, EncodeError> {
        let Some(mut progress) = self.batch.take() else {
            return Ok(None);
        };
        let result = match progress.dictionaries.pop_front() {
            Some(dictionary) => self.dictionary(dictionary, &mut progress, &size),
            None => self.rows(&mut progress, &size),
        };
        match &result {
            Ok(_) if progress.done => {}
            Ok(_) => self.batch = Some(progress),
            // What the reader holds is unknown now.
            Err(_) => self.stream.iter_mut().for_each(|stream| stream.dictionaries.forget()),
        }
        result.map(Some)
    }

    /// The body of a message behind `front`, with which the first segment begins. There is to be
    /// room in it for the bytes that are gathered behind it.
    pub(crate) fn body(&mut self, message: PreparedMessage, front: BytesMut) -> Segments {
        self.writer.body(message.message, front)
    }

    fn rows(
        &mut self,
        progress: &mut Progress,
        size: &impl Fn(MessageKind, MessageLen) -> usize,
    ) -> Result<PreparedMessage, EncodeError> {
        let kind = MessageKind::Batch { first: progress.row == 0 };
        let (batch, start) = (&progress.batch, progress.row);
        let writer = &mut self.writer;
        let end = batch.num_rows().min(start.saturating_add(ROWS_MAX));
        let split = self.splitter.next(start, end, |rows, must| {
            let mut layout = writer.layout();
            walk::batch(batch, start, rows, &mut layout)?;
            writer.attempt(layout, None, must, |len| size(kind, len))
        })?;
        let split = found(split)?;
        self.check(split.size, (split.rows > 0).then_some(start))?;
        progress.row += split.rows;
        progress.done = progress.row >= progress.batch.num_rows();
        Ok(PreparedMessage { kind, message: split.message })
    }

    fn dictionary(
        &mut self,
        mut pending: PendingDictionary,
        progress: &mut Progress,
        size: &impl Fn(MessageKind, MessageLen) -> usize,
    ) -> Result<PreparedMessage, EncodeError> {
        let kind = MessageKind::Dictionary;
        let header = DictionaryHeader { id: to_i64(pending.id), is_delta: pending.is_delta };
        let (start, end) = (pending.range.start, pending.range.end);
        let writer = &mut self.writer;
        let mut encode = |rows: usize, must: bool| {
            let mut layout = writer.layout();
            walk::values(&pending.values, start, rows, &mut layout)?;
            writer.attempt(layout, Some(header), must, |len| size(kind, len))
        };
        let split = if pending.may_split {
            // Dictionaries differ from rows, and from each other.
            let compresses = self.options.compression.is_some();
            Splitter::new(self.splitter.max(), compresses).next(start, end, encode)?
        } else {
            match encode(end - start, true)? {
                Attempt::Done(message, size) => Some(Split { message, rows: end - start, size }),
                Attempt::TooLarge(_) => None,
            }
        };
        let split = found(split)?;
        self.check(split.size, None)?;
        pending.range.start += split.rows;
        if !pending.range.is_empty() {
            pending.is_delta = true;
            progress.dictionaries.push_front(pending);
        }
        Ok(PreparedMessage { kind, message: split.message })
    }

    /// # Errors
    /// When a message of `size` bytes is above the hard limit.
    fn check(&self, size: usize, row: Option<usize>) -> Result<(), EncodeError> {
        let limit = self.options.hard_bytes_max();
        if size <= limit {
            return Ok(());
        }
        Err(EncodeError::TooLarge { row, bytes: size as u64, limit: limit as u64 })
    }
}

/// # Errors
/// When the columns of a batch are not those of the stream.
fn check_schema(schema: &Arc<Schema>, batch: &RecordBatch) -> Result<(), EncodeError> {
    let found = batch.schema_ref();
    if Arc::ptr_eq(schema, found) {
        return Ok(());
    }
    let (have, want) = (found.fields(), schema.fields());
    if have.len() != want.len() {
        let (have, want) = (have.len(), want.len());
        return Err(misuse(format!("the batch has {have} columns, expected {want}")));
    }
    for ((have, want), column) in have.iter().zip(want).zip(batch.columns()) {
        if !want.is_nullable() && column.null_count() > 0 {
            let (name, nulls) = (want.name(), column.null_count());
            return Err(misuse(format!("column {name:?} has {nulls} nulls, expected none")));
        }
        if !have.data_type().equals_datatype(want.data_type()) {
            let (name, have, want) = (want.name(), have.data_type(), want.data_type());
            return Err(misuse(format!("column {name:?} is {have}, expected {want}")));
        }
    }
    Ok(())
}

/// The splitter always finds a message, as one row is never refused.
fn found<T>(split: Option<T>) -> Result<T, EncodeError> {
    split.ok_or_else(|| misuse("no row could be encoded"))
}

fn misuse(reason: impl Into<std::borrow::Cow<'static, str>>) -> EncodeError {
    EncodeError::Misuse { reason: reason.into() }
}
