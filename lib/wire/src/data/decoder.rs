//! `FlightData` messages back into a schema, batches and metadata.

use arrow_buffer::Buffer;
use arrow_schema::SchemaRef;

use super::{FlightData, FlightStreamChunk};
use crate::ipc::{BatchDecoder, DecodedMessage};
use crate::{DecodeError, Limits};

/// Decodes the messages of one DoGet, DoPut or DoExchange direction.
///
/// Dictionaries are kept inside and come out within the batches. Messages with metadata alone may
/// stand anywhere, also before the schema, and so may messages with a descriptor alone.
#[derive(Debug)]
pub struct FlightDataDecoder {
    ipc: BatchDecoder,
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
        Self { ipc: BatchDecoder::new(limits) }
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
        let metadata = app_metadata
            .map(|metadata| FlightStreamChunk { data: None, app_metadata: Some(metadata) });
        if data_header.is_empty() {
            if data_body.is_some_and(|body| !body.is_empty()) {
                let reason = "a body without a header that describes it";
                return Err(DecodeError::invalid("FlightData.data_header", reason));
            }
            return Ok(metadata.map(Decoded::Chunk));
        }
        let repeated = self.ipc.schema().is_some();
        let body = data_body.unwrap_or_else(|| Buffer::from_vec(Vec::<u8>::new()));
        Ok(match self.ipc.push(&data_header, &body)? {
            DecodedMessage::Schema(_) if repeated => metadata.map(Decoded::Chunk),
            DecodedMessage::Schema(schema) => Some(Decoded::Schema(schema)),
            DecodedMessage::Dictionary => metadata.map(Decoded::Chunk),
            DecodedMessage::Batch(batch) => {
                let app_metadata = metadata.and_then(|chunk| chunk.app_metadata);
                Some(Decoded::Chunk(FlightStreamChunk { data: Some(batch), app_metadata }))
            }
        })
    }
}
