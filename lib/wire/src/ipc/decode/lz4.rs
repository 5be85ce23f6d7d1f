//! The LZ4 frame format around LZ4 blocks.
//!
//! Blocks are decompressed straight into the buffer that becomes an array; a reader of streams
//! would take scratch memory of several MiB for each buffer and copy once more. Checksums are
//! passed over: the transport has its own, and whatever comes out is validated like any data.

use arrow_buffer::MutableBuffer;
use lz4_flex::block;

use super::decompress::{FIELD, grow, mismatch};
use crate::DecodeError;

const MAGIC: u32 = 0x184D_2204;

/// How far back a block may refer, into the blocks before it.
const WINDOW: usize = 64 << 10;

/// What the frame's header says.
struct Frame {
    /// Blocks may refer to the blocks before them.
    linked: bool,
    block_checksums: bool,
    content_checksum: bool,
    block_bytes_max: usize,
}

/// Decompresses one frame of `claimed` bytes; more than `step` bytes are allocated only as they
/// appear.
pub(super) fn decompress(
    data: &[u8],
    claimed: usize,
    step: usize,
) -> Result<MutableBuffer, DecodeError> {
    let mut input = Input(data);
    let frame = Frame::read(&mut input)?;
    let mut out = MutableBuffer::new(0);
    let mut written = 0_usize;
    loop {
        let header = input.u32()?;
        if header == 0 {
            break;
        }
        let stored = header & 0x8000_0000 != 0;
        let len = usize::try_from(header & 0x7fff_ffff).unwrap_or(usize::MAX);
        if len > frame.block_bytes_max {
            let max = frame.block_bytes_max;
            return Err(invalid(format!("a block of {len} bytes, above the frame's {max}")));
        }
        let block = input.take(len)?;
        let room = written.saturating_add(frame.block_bytes_max).min(claimed);
        while out.len() < room {
            grow(&mut out, claimed, step);
        }
        let (before, free) = out.as_slice_mut().split_at_mut(written);
        // A block never yields more than the frame's maximum, so that this much suffices.
        let free = free.get_mut(..room - written).unwrap_or_default();
        written += if stored {
            let space = free.get_mut(..len).ok_or_else(|| mismatch(claimed, written + len))?;
            space.copy_from_slice(block);
            len
        } else {
            let window = before.get(before.len().saturating_sub(WINDOW)..).unwrap_or_default();
            let window = if frame.linked { window } else { &[] };
            expand(block, free, window)?
        };
        if frame.block_checksums {
            input.take(4)?;
        }
    }
    if frame.content_checksum {
        input.take(4)?;
    }
    if written != claimed {
        return Err(mismatch(claimed, written));
    }
    Ok(out)
}

fn expand(block: &[u8], free: &mut [u8], window: &[u8]) -> Result<usize, DecodeError> {
    let result = if window.is_empty() {
        block::decompress_into(block, free)
    } else {
        block::decompress_into_with_dict(block, free, window)
    };
    result.map_err(|error| invalid(format!("not valid LZ4 data: {error}")))
}

impl Frame {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let magic = input.u32()?;
        if magic != MAGIC {
            return Err(invalid(format!("found {magic:#010x}, expected an LZ4 frame")));
        }
        let &[flags, sizes] = input.chunk::<2>()?;
        if flags >> 6 != 1 {
            return Err(invalid(format!("LZ4 frame version {}, expected 1", flags >> 6)));
        }
        if flags & 0b1 != 0 {
            return Err(DecodeError::unsupported(FIELD, "an LZ4 dictionary"));
        }
        let block_bytes_max = match sizes >> 4 & 0b111 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            code => return Err(invalid(format!("LZ4 block size code {code}, expected 4 to 7"))),
        };
        if flags & 0b1000 != 0 {
            // The content's size: redundant here, where the size stands before the frame.
            input.take(8)?;
        }
        // The header's checksum.
        input.take(1)?;
        Ok(Self {
            linked: flags & 0b10_0000 == 0,
            block_checksums: flags & 0b1_0000 != 0,
            content_checksum: flags & 0b100 != 0,
            block_bytes_max,
        })
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or_else(|| DecodeError::truncated(FIELD, len, self.0.len()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (taken, rest) = self
            .0
            .split_first_chunk()
            .ok_or_else(|| DecodeError::truncated(FIELD, N, self.0.len()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }
}

fn invalid(reason: String) -> DecodeError {
    DecodeError::invalid(FIELD, reason)
}
