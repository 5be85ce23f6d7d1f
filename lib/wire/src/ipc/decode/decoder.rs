//! One stream of IPC messages: the schema, then dictionaries and batches.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::MetadataVersion;
use arrow_schema::SchemaRef;

use super::body::Body;
use super::budget::Budget;
use super::columns::{Columns, broken, row_count};
use super::decompress::Decompressor;
use super::dictionaries::{Dictionaries, Piece};
use super::envelope::{Envelope, Header};
use super::message::{BatchMessage, DictionaryMessage};
use super::schema::StreamSchema;
use crate::{DecodeError, Limits};

/// Decodes the messages of one IPC stream, given one by one as a bare `Message` flatbuffer and
/// the body that belongs to it. The arrays of the batches are slices of the bodies.
///
/// Everything a message says is checked: whatever the bytes are, the end is a value or an error.
/// After an error the stream is not to be continued.
pub struct BatchDecoder {
    limits: Limits,
    schema: Option<StreamSchema>,
    dictionaries: Dictionaries,
    decompressor: Decompressor,
}

/// What one IPC message was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DecodedMessage {
    /// The schema of all batches that follow.
    Schema(SchemaRef),
    /// A dictionary, kept for the batches that use it.
    Dictionary,
    /// A batch.
    Batch(RecordBatch),
}

impl BatchDecoder {
    /// A decoder for one stream.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            schema: None,
            dictionaries: Dictionaries::new(limits),
            decompressor: Decompressor::default(),
        }
    }

    /// The schema, once its message came.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref().map(|schema| &schema.schema)
    }

    /// Decodes the next message. Bytes of `body` beyond what `header` describes are tolerated. A
    /// schema may be repeated if it is equal.
    ///
    /// # Errors
    ///
    /// When the message breaks the rules of the format or does not fit the schema, when it is
    /// neither a schema nor data (tensors), and when a limit is exceeded.
    pub fn push(&mut self, header: &[u8], body: &Buffer) -> Result<DecodedMessage, DecodeError> {
        let envelope = Envelope::open(header, &self.limits)?;
        if envelope.body_bytes > body.len() {
            let (need, have) = (envelope.body_bytes, body.len());
            return Err(DecodeError::truncated("message body", need, have));
        }
        match envelope.header {
            Header::Schema(schema) => self.take_schema(&schema).map(DecodedMessage::Schema),
            Header::Dictionary(dictionary) => {
                self.dictionary(&dictionary, envelope.version, body)?;
                Ok(DecodedMessage::Dictionary)
            }
            Header::Batch(batch) => {
                self.batch(&batch, envelope.version, body).map(DecodedMessage::Batch)
            }
        }
    }

    fn take_schema(&mut self, schema: &arrow_ipc::Schema<'_>) -> Result<SchemaRef, DecodeError> {
        let new = StreamSchema::read(schema, &self.limits)?;
        if let Some(old) = &self.schema {
            if old.schema != new.schema {
                let reason = "a second schema that differs from the first";
                return Err(DecodeError::invalid("Message.header", reason));
            }
            if *old == new {
                return Ok(Arc::clone(&old.schema));
            }
            // The same columns, but other ids for their dictionaries: those are sent anew.
            self.dictionaries.clear();
        }
        Ok(Arc::clone(&self.schema.insert(new).schema))
    }

    fn dictionary(
        &mut self,
        message: &DictionaryMessage<'_>,
        version: MetadataVersion,
        body: &Buffer,
    ) -> Result<(), DecodeError> {
        let schema = self.schema.as_ref().ok_or_else(|| before_schema("a dictionary"))?;
        let (id, batch) = (message.id, &message.values);
        let declared = schema.dictionaries.get(&id).ok_or_else(|| {
            DecodeError::invalid("DictionaryBatch.id", format!("{id} is not in the schema"))
        })?;
        let rows = row_count("RecordBatch.length", batch.rows)?;
        let budget = Budget::new(&self.limits);
        let held = body.len();
        let body = Body::new(body, batch.codec, &mut self.decompressor, budget);
        let mut columns = Columns::new(batch, version, &declared.ids, body, &mut self.dictionaries);
        let values = columns.array(&declared.values)?;
        let held = held.saturating_add(columns.body.budget.spent());
        let extent = columns.finish()?;
        if values.len() != rows {
            let reason = format!("dictionary {id} has {} values, says {rows}", values.len());
            return Err(DecodeError::invalid("RecordBatch.length", reason));
        }
        let piece = Piece { values, bytes: held, extent };
        if message.is_delta {
            self.dictionaries.extend(id, piece)
        } else {
            self.dictionaries.replace(id, piece)
        }
    }

    fn batch(
        &mut self,
        batch: &BatchMessage<'_>,
        version: MetadataVersion,
        body: &Buffer,
    ) -> Result<RecordBatch, DecodeError> {
        let stream = self.schema.as_ref().ok_or_else(|| before_schema("a record batch"))?;
        let rows = row_count("RecordBatch.length", batch.rows)?;
        let budget = Budget::new(&self.limits);
        let body = Body::new(body, batch.codec, &mut self.decompressor, budget);
        let mut columns = Columns::new(batch, version, &stream.ids, body, &mut self.dictionaries);
        let fields = stream.schema.fields();
        let mut arrays = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let array = columns.array(field.data_type());
            let array = array.map_err(|error| in_column(error, index, field.name()))?;
            if array.len() != rows {
                let reason = format!("{} rows in a batch of {rows}", array.len());
                let error = DecodeError::invalid("FieldNode.length", reason);
                return Err(in_column(error, index, field.name()));
            }
            arrays.push(array);
        }
        columns.finish()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&stream.schema), arrays, &options)
            .map_err(|error| broken(&error))
    }
}

impl std::fmt::Debug for BatchDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchDecoder").field("schema", &self.schema()).finish_non_exhaustive()
    }
}

fn before_schema(what: &str) -> DecodeError {
    DecodeError::invalid("Message.header", format!("{what} before the schema"))
}

/// Says in which column the data is wrong.
fn in_column(error: DecodeError, index: usize, name: &str) -> DecodeError {
    const NAME_CHARS_MAX: usize = 60;
    match error {
        DecodeError::Invalid { field, reason } => {
            let name: String = name.chars().take(NAME_CHARS_MAX).collect();
            DecodeError::invalid(field, format!("column {index} {name:?}: {reason}"))
        }
        other => other,
    }
}
