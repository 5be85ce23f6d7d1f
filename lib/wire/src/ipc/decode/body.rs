//! The body of one message: hands out its buffers, located, decompressed and aligned.

use std::ops::Range;

use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};

use super::budget::{Budget, u64_of};
use super::decompress::{Codec, Decompressor};
use super::message::pair;
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
        codec: Option<Codec>,
        decompressor: &'a mut Decompressor,
        budget: Budget,
    ) -> Self {
        Self { bytes, codec, decompressor, listed: 0, budget }
    }

    /// The buffer that `place` describes, decompressed.
    pub(super) fn buffer(&mut self, place: &[u8; 16]) -> Result<Buffer, DecodeError> {
        let range = self.locate(place)?;
        let packed = self.bytes.slice_with_length(range.start, range.len());
        match self.codec {
            Some(codec) if !packed.is_empty() => {
                self.decompressor.decompress(codec, &packed, &mut self.budget)
            }
            _ => Ok(packed),
        }
    }

    /// Where the buffer that `place` describes lies in the body, packed as it is.
    pub(super) fn locate(&mut self, place: &[u8; 16]) -> Result<Range<usize>, DecodeError> {
        let (offset, len) = pair(place);
        let (Ok(start), Ok(len)) = (usize::try_from(offset), usize::try_from(len)) else {
            let (what, n) = if offset < 0 { ("offset", offset) } else { ("length", len) };
            return Err(DecodeError::invalid(BUFFERS, format!("{what} {n} is out of range")));
        };
        if len == 0 {
            return Ok(0..0);
        }
        let end = start.saturating_add(len);
        if end > self.bytes.len() {
            return Err(DecodeError::truncated("message body", end, self.bytes.len()));
        }
        self.charge_overlap(len)?;
        Ok(start..end)
    }

    /// Buffers may share bytes, but each of them is validated: what they cover together beyond
    /// the body is counted, so that a small body cannot keep this side busy for hours.
    fn charge_overlap(&mut self, len: usize) -> Result<(), DecodeError> {
        let before = self.listed.saturating_sub(self.bytes.len());
        self.listed = self.listed.saturating_add(len);
        if self.listed <= self.bytes.len() {
            return Ok(());
        }
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
