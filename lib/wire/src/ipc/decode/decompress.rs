//! Compressed buffers. The size that a peer claims is checked against the budget, against what
//! its bytes could hold at all, and in the end against what came out. Up to a modest size it is
//! also what is allocated; above it memory grows with the data that really appears.

use std::io::Read;

use arrow_buffer::{Buffer, MutableBuffer};

use super::budget::{Budget, u64_of};
use super::lz4;
use crate::DecodeError;

pub(super) const FIELD: &str = "compressed buffer";

/// The claimed size of a buffer that is not compressed after all.
const RAW: i64 = -1;

/// The shortest ZSTD block that fills a block of the largest size (RFC 8878: a header of three
/// bytes and the byte to repeat).
const ZSTD_BLOCK_MIN: u64 = 4;
const ZSTD_BLOCK_MAX: u64 = 128 << 10;

/// One byte of LZ4 stands for at most so many.
const LZ4_RATIO_MAX: u64 = 255;

/// The codecs that the format knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Lz4Frame,
    Zstd,
}

/// Decompresses buffers, one after the other.
#[derive(Default)]
pub(super) struct Decompressor {
    /// ZSTD's tables, built when first needed.
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl Decompressor {
    /// Decompresses `packed`: the size as 64 bits, then the data.
    pub(super) fn decompress(
        &mut self,
        codec: Codec,
        packed: &Buffer,
        budget: &mut Budget,
    ) -> Result<Buffer, DecodeError> {
        let Some((prefix, data)) = packed.split_first_chunk::<8>() else {
            return Err(DecodeError::truncated(FIELD, 8, packed.len()));
        };
        let claimed = match i64::from_le_bytes(*prefix) {
            RAW => return Ok(packed.slice(8)),
            0 => return Ok(packed.slice_with_length(0, 0)),
            claimed => u64::try_from(claimed).map_err(|_| {
                DecodeError::invalid(FIELD, format!("{claimed} is no uncompressed size"))
            })?,
        };
        budget.charge("decompressed body (bytes)", claimed)?;
        let possible = match codec {
            Codec::Lz4Frame => u64_of(data.len()).saturating_mul(LZ4_RATIO_MAX),
            Codec::Zstd => (u64_of(data.len()) / ZSTD_BLOCK_MIN).saturating_mul(ZSTD_BLOCK_MAX),
        };
        if claimed > possible {
            let len = data.len();
            let reason = format!("claims {claimed} bytes, which {len} compressed bytes never hold");
            return Err(DecodeError::invalid(FIELD, reason));
        }
        let claimed = usize::try_from(claimed)
            .map_err(|_| DecodeError::invalid(FIELD, "the size exceeds this machine's"))?;
        let step = budget.claim_bytes_max();
        let out = match codec {
            Codec::Lz4Frame => lz4::decompress(data, claimed, step)?,
            Codec::Zstd if claimed <= step => self.zstd_at_once(data, claimed)?,
            Codec::Zstd => zstd_in_steps(data, claimed, step)?,
        };
        Ok(out.into())
    }

    fn zstd_at_once(&mut self, data: &[u8], claimed: usize) -> Result<MutableBuffer, DecodeError> {
        let decompressor = match &mut self.zstd {
            Some(decompressor) => decompressor,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|error| broken(&error))?),
        };
        let mut out = MutableBuffer::from_len_zeroed(claimed);
        let written = decompressor
            .decompress_to_buffer(data, out.as_slice_mut())
            .map_err(|error| broken(&error))?;
        if written != claimed {
            return Err(mismatch(claimed, written));
        }
        Ok(out)
    }
}

/// Decompresses more than is taken on trust.
fn zstd_in_steps(data: &[u8], claimed: usize, step: usize) -> Result<MutableBuffer, DecodeError> {
    let mut stream = zstd::stream::read::Decoder::with_buffer(data).map_err(|e| broken(&e))?;
    let mut out = MutableBuffer::new(0);
    let mut written = 0;
    while written < claimed {
        if written == out.len() {
            grow(&mut out, claimed, step);
        }
        let free = out.as_slice_mut().get_mut(written..).unwrap_or_default();
        match stream.read(free).map_err(|error| broken(&error))? {
            0 => return Err(mismatch(claimed, written)),
            n => written += n,
        }
    }
    if stream.read(&mut [0]).map_err(|error| broken(&error))? != 0 {
        return Err(mismatch(claimed, claimed.saturating_add(1)));
    }
    Ok(out)
}

/// Makes room for more: twice as much as before, at least a step, at most what is claimed.
pub(super) fn grow(out: &mut MutableBuffer, claimed: usize, step: usize) {
    let len = out.len().saturating_mul(2).max(step).max(1);
    out.resize(len.min(claimed), 0);
}

/// The error for data that is not as long as it says.
pub(super) fn mismatch(claimed: usize, found: usize) -> DecodeError {
    DecodeError::invalid(FIELD, format!("claims {claimed} bytes, holds {found}"))
}

fn broken(error: &std::io::Error) -> DecodeError {
    DecodeError::invalid(FIELD, format!("not valid zstd data: {error}"))
}
