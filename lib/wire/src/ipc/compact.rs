//! A batch copied out of the memory that it shares.

use arrow_array::RecordBatch;
use arrow_buffer::{Buffer, MutableBuffer};

use super::{BatchDecoder, BatchEncoder, DecodedMessage, EncodeOptions, MessageSize};
use crate::{EncodeError, Limits, Segments};

/// A copy of a batch that shares no memory with it, in one block that holds its rows and the
/// dictionaries of its columns, and nothing else.
///
/// A received batch is slices of the message that it came in, so that a few rows or one column that
/// are kept keep all of it. What is to be kept for long is better compacted first.
///
/// # Errors
/// When a column has a type that Arrow IPC has no form for, or the batch is 2 GiB or larger.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000_000));
/// let batch = RecordBatch::try_from_iter([("n", column)])?;
/// let few = wingbeat_wire::ipc::compact(&batch.slice(10, 3))?;
/// assert_eq!(few, batch.slice(10, 3));
/// drop(batch); // and with it 8 MB
/// # Ok(())
/// # }
/// ```
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch, EncodeError> {
    let mut encoder =
        BatchEncoder::new(EncodeOptions::default().with_message_size(MessageSize::Whole));
    let mut decoder = BatchDecoder::new(&no_limits());
    let schema = encoder.start(batch.schema())?;
    decoder.push(&schema, &Buffer::default()).map_err(|error| unreadable(&error))?;
    encoder.push(batch.clone())?;
    let mut compacted = None;
    while let Some(message) = encoder.poll(|_, len| len.header + len.body)? {
        let body = contiguous(&message.body);
        let decoded = decoder.push(&message.header, &body).map_err(|error| unreadable(&error))?;
        if let DecodedMessage::Batch(batch) = decoded {
            compacted = Some(batch);
        }
    }
    let compacted = compacted.filter(|compacted| compacted.num_rows() == batch.num_rows());
    compacted.ok_or_else(|| {
        EncodeError::unsupported("a batch of 2 GiB or more", "it does not fit in one message")
    })
}

fn contiguous(body: &Segments) -> Buffer {
    let mut all = MutableBuffer::with_capacity(body.len());
    body.iter().for_each(|piece| all.extend_from_slice(piece));
    all.into()
}

/// What this process has in memory already is not limited again.
fn no_limits() -> Limits {
    Limits::default()
        .with_message_bytes_max(usize::MAX)
        .with_decoded_bytes_max(usize::MAX)
        .with_dictionary_bytes_max(usize::MAX)
        .with_nesting_depth_max(usize::MAX)
        .with_fields_max(usize::MAX)
}

fn unreadable(error: &crate::DecodeError) -> EncodeError {
    EncodeError::unsupported("the batch", error.to_string())
}
