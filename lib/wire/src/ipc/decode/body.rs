//! The body of one message: hands out its buffers, located, decompressed and aligned.

use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_ipc::{BodyCompression, BodyCompressionMethod, CompressionType};

use super::budget::{Budget, u64_of};
use super::decompress::{Codec, Decompressor};
use crate::DecodeError;

const BUFFERS: &str = "RecordBatch.buffers";

/// The received body, and how its buffers are packed.
pub(super) struct Body<'a> {
    bytes: &'a Buffer,
    codec: Option<Codec>,
    decompressor: &'a mut Decompressor,
    /// The lengths of all buffers handed out so far; above the body's own length they overlap.
    listed: usize,
    pub(super) budget: Budget,
}

impl<'a> Body<'a> {
    pub(super) fn new(
        bytes: &'a Buffer,
        compression: Option<BodyCompression<'_>>,
        decompressor: &'a mut Decompressor,
        budget: Budget,
    ) -> Result<Self, DecodeError> {
        let codec = compression.map(|compression| codec(&compression)).transpose()?;
        Ok(Self { bytes, codec, decompressor, listed: 0, budget })
    }

    /// The buffer that `place` describes, decompressed.
    pub(super) fn buffer(&mut self, place: &arrow_ipc::Buffer) -> Result<Buffer, DecodeError> {
        let packed = self.packed(place)?;
        match self.codec {
            Some(codec) if !packed.is_empty() => {
                self.decompressor.decompress(codec, &packed, &mut self.budget)
            }
            _ => Ok(packed),
        }
    }

    /// The buffer that `place` describes, as it lies in the body.
    pub(super) fn packed(&mut self, place: &arrow_ipc::Buffer) -> Result<Buffer, DecodeError> {
        let number = |what: &str, n: i64| {
            usize::try_from(n)
                .map_err(|_| DecodeError::invalid(BUFFERS, format!("{what} {n} is out of range")))
        };
        let offset = number("offset", place.offset())?;
        let len = number("length", place.length())?;
        if len == 0 {
            return Ok(self.bytes.slice_with_length(0, 0));
        }
        match offset.checked_add(len) {
            Some(end) if end <= self.bytes.len() => {}
            end => {
                let need = end.unwrap_or(usize::MAX);
                return Err(DecodeError::truncated("message body", need, self.bytes.len()));
            }
        }
        self.charge_overlap(len)?;
        Ok(self.bytes.slice_with_length(offset, len))
    }

    /// Buffers may share bytes, but each of them is validated: what they cover together beyond
    /// the body is counted, so that a small body cannot keep this side busy for hours.
    fn charge_overlap(&mut self, len: usize) -> Result<(), DecodeError> {
        let before = self.listed.saturating_sub(self.bytes.len());
        self.listed = self.listed.saturating_add(len);
        let after = self.listed.saturating_sub(self.bytes.len());
        self.budget.charge("overlapping buffers (bytes)", u64_of(after - before))
    }

    /// The first `count` values of `buffer`. A buffer that does not lie as `T` needs it is copied.
    pub(super) fn scalars<T: ArrowNativeType>(
        &mut self,
        buffer: Buffer,
        count: usize,
    ) -> Result<ScalarBuffer<T>, DecodeError> {
        let need = count.saturating_mul(size_of::<T>());
        let Some(values) = buffer.get(..need) else {
            return Err(DecodeError::truncated(BUFFERS, need, buffer.len()));
        };
        let aligned = if values.as_ptr().addr() % align_of::<T>() == 0 {
            buffer
        } else {
            self.budget.charge("misaligned buffers (bytes)", u64_of(need))?;
            Buffer::from(values)
        };
        Ok(ScalarBuffer::new(aligned, 0, count))
    }
}

/// The first `count` bits of `buffer`.
pub(super) fn bits(buffer: Buffer, count: usize) -> Result<BooleanBuffer, DecodeError> {
    let need = count.div_ceil(8);
    if buffer.len() < need {
        return Err(DecodeError::truncated(BUFFERS, need, buffer.len()));
    }
    Ok(BooleanBuffer::new(buffer, 0, count))
}

/// The validity of `count` rows of which `nulls` are said to be null.
pub(super) fn validity(
    buffer: Buffer,
    count: usize,
    nulls: usize,
) -> Result<NullBuffer, DecodeError> {
    let validity = NullBuffer::new(bits(buffer, count)?);
    if validity.null_count() != nulls {
        let reason = format!("{nulls} announced, {} found", validity.null_count());
        return Err(DecodeError::invalid("FieldNode.null_count", reason));
    }
    Ok(validity)
}

fn codec(compression: &BodyCompression<'_>) -> Result<Codec, DecodeError> {
    if compression.method() != BodyCompressionMethod::BUFFER {
        let feature = format!("method number {}", compression.method().0);
        return Err(DecodeError::unsupported("BodyCompression.method", feature));
    }
    match compression.codec() {
        CompressionType::LZ4_FRAME => Ok(Codec::Lz4Frame),
        CompressionType::ZSTD => Ok(Codec::Zstd),
        CompressionType(number) => {
            let feature = format!("codec number {number}");
            Err(DecodeError::unsupported("BodyCompression.codec", feature))
        }
    }
}
