//! What a stream of Flight data consists of: rows, application metadata, or both.

use arrow_array::RecordBatch;
use bytes::Bytes;

/// One element of a data stream: a record batch, `app_metadata`, or both together.
///
/// ```
/// use wingbeat_wire::data::FlightStreamChunk;
/// let chunk = FlightStreamChunk::metadata("half way");
/// assert!(chunk.data.is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlightStreamChunk {
    /// The rows; `None` in a message that carries metadata alone.
    pub data: Option<RecordBatch>,
    /// `FlightData.app_metadata`. Present but empty differs from absent.
    pub app_metadata: Option<Bytes>,
}

impl FlightStreamChunk {
    /// A chunk without rows.
    pub fn metadata(app_metadata: impl Into<Bytes>) -> Self {
        Self { data: None, app_metadata: Some(app_metadata.into()) }
    }

    /// Adds metadata to the rows, or replaces it.
    #[must_use]
    pub fn with_metadata(mut self, app_metadata: impl Into<Bytes>) -> Self {
        self.app_metadata = Some(app_metadata.into());
        self
    }
}

impl From<RecordBatch> for FlightStreamChunk {
    fn from(batch: RecordBatch) -> Self {
        Self { data: Some(batch), app_metadata: None }
    }
}
