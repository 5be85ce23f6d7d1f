//! `FlightData` messages back into a schema, batches and metadata.

use arrow_buffer::Buffer;
use arrow_schema::SchemaRef;
use bytes::Bytes;

use super::{FlightData, FlightStreamChunk};
use crate::ipc::{BatchDecoder, DecodedMessage};
use crate::{DecodeError, Limits};

/// Decodes the messages of one DoGet, DoPut or DoExchange direction.
///
/// Dictionaries are kept inside and come out within the batches. `app_metadata` beside a dictionary
/// is taken for that of the batch which the dictionary is for, where that has none: Arrow Go
/// repeats a batch's metadata on each of its dictionaries. Messages with metadata alone may stand
/// anywhere, also before the schema, and so may messages with a descriptor alone.
#[derive(Debug)]
pub struct FlightDataDecoder {
    ipc: BatchDecoder,
    /// What rode on dictionaries since the last batch.
    early: Option<Bytes>,
}

/// What came out of one message.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// The schema of every batch of the stream. `app_metadata` beside it is not kept: no writer
    /// puts any there, and a chunk before the schema would not say that it belongs to it.
    Schema(SchemaRef),
    /// Rows, metadata, or both.
    Chunk(FlightStreamChunk),
}

impl FlightDataDecoder {
    /// A decoder for one stream.
    pub fn new(limits: &Limits) -> Self {
        Self { ipc: BatchDecoder::new(limits), early: None }
    }

    /// The schema, once its message came.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.ipc.schema()
    }

    /// Decodes the next message. `None` when it holds nothing for the reader: a dictionary, a
    /// descriptor alone, or a repetition of the schema.
    ///
    /// # Errors
    ///
    /// When the message is not what Flight and Arrow IPC allow at this place, and when a limit is
    /// exceeded. The stream cannot be continued then.
    pub fn push(&mut self, message: FlightData) -> Result<Option<Decoded>, DecodeError> {
        let FlightData { data_header, app_metadata, data_body, .. } = message;
        if data_header.is_empty() {
            if data_body.is_some_and(|body| !body.is_empty()) {
                let reason = "a body without a header that describes it";
                return Err(DecodeError::invalid("FlightData.data_header", reason));
            }
            return Ok(app_metadata.map(alone));
        }
        let repeated = self.ipc.schema().is_some();
        let body = data_body.unwrap_or_else(|| Buffer::from_vec(Vec::<u8>::new()));
        Ok(match self.ipc.push(&data_header, &body)? {
            DecodedMessage::Schema(_) if repeated => app_metadata.map(alone),
            DecodedMessage::Schema(schema) => Some(Decoded::Schema(schema)),
            DecodedMessage::Dictionary => {
                self.early = app_metadata.or_else(|| self.early.take());
                None
            }
            DecodedMessage::Batch(batch) => {
                let early = self.early.take();
                let app_metadata = app_metadata.or(early);
                Some(Decoded::Chunk(FlightStreamChunk { data: Some(batch), app_metadata }))
            }
        })
    }
}

fn alone(metadata: Bytes) -> Decoded {
    Decoded::Chunk(FlightStreamChunk::metadata(metadata))
}
