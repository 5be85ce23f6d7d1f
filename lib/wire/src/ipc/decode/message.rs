//! The flatbuffers of record batches and dictionaries, read by hand. The numbers are the fields'
//! places in `Message.fbs`.

use arrow_ipc::{BodyCompressionMethod, CompressionType};

use super::decompress::Codec;
use crate::DecodeError;
use crate::flat::{Damaged, Table};

/// What a `RecordBatch` says.
pub(super) struct BatchMessage<'a> {
    /// How many rows, as the writer says.
    pub(super) rows: i64,
    /// A `FieldNode` for each field: its length, its null count.
    pub(super) nodes: &'a [[u8; 16]],
    /// A `Buffer` each: its offset in the body, its length.
    pub(super) buffers: &'a [[u8; 16]],
    /// For each view column, how many data buffers it has.
    pub(super) variadic_counts: &'a [[u8; 8]],
    /// How the buffers are packed.
    pub(super) codec: Option<Codec>,
}

/// What a `DictionaryBatch` says.
pub(super) struct DictionaryMessage<'a> {
    pub(super) id: i64,
    pub(super) is_delta: bool,
    pub(super) values: BatchMessage<'a>,
}

impl<'a> BatchMessage<'a> {
    pub(super) fn read(table: &Table<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            rows: table.i64(0)?,
            nodes: table.vector(1)?,
            buffers: table.vector(2)?,
            variadic_counts: table.vector(4)?,
            codec: table.table(3)?.map(|compression| codec(&compression)).transpose()?,
        })
    }
}

impl<'a> DictionaryMessage<'a> {
    pub(super) fn read(table: &Table<'a>) -> Result<Self, DecodeError> {
        let id = table.i64(0)?;
        let values = table.table(1)?.ok_or_else(|| {
            DecodeError::invalid("DictionaryBatch", format!("dictionary {id} has no data"))
        })?;
        let values = BatchMessage::read(&values)?;
        Ok(Self { id, is_delta: table.u8(2)? != 0, values })
    }
}

/// Both halves of a `FieldNode` or a `Buffer`.
pub(super) fn pair(element: &[u8; 16]) -> (i64, i64) {
    // The low half is the first.
    let both = u128::from_le_bytes(*element);
    (both as i64, (both >> 64) as i64)
}

fn codec(table: &Table<'_>) -> Result<Codec, DecodeError> {
    let (codec, method) = (table.u8(0)? as i8, table.u8(1)? as i8);
    if BodyCompressionMethod(method) != BodyCompressionMethod::BUFFER {
        let feature = format!("method number {method}");
        return Err(DecodeError::unsupported("BodyCompression.method", feature));
    }
    match CompressionType(codec) {
        CompressionType::LZ4_FRAME => Ok(Codec::Lz4Frame),
        CompressionType::ZSTD => Ok(Codec::Zstd),
        CompressionType(number) => {
            let feature = format!("codec number {number}");
            Err(DecodeError::unsupported("BodyCompression.codec", feature))
        }
    }
}

impl From<Damaged> for DecodeError {
    fn from(Damaged: Damaged) -> Self {
        Self::invalid("Message", "not a valid flatbuffer: an offset leads out of it")
    }
}
