//! Compression of the buffers of a body.

use std::fmt;
use std::io::Write;

use arrow_buffer::Buffer;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::layout::{Piece, to_i64};
use crate::EncodeError;
use crate::ipc::Compression;

/// The length that stands for "stored as it is".
const STORED: i64 = -1;

/// Scratch memory above this many bytes is given back after use, so that one large buffer does
/// not stay in memory for the life of a stream.
const SCRATCH_BYTES_MAX: usize = 16 << 20;

/// Compresses buffers one after another with one codec, whose context and scratch memory stay.
pub(super) struct Compressor {
    codec: Codec,
    scratch: Vec<u8>,
}

enum Codec {
    Lz4(Box<FrameEncoder<Vec<u8>>>),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressor {
    /// # Errors
    /// When the codec cannot be set up.
    pub(super) fn new(compression: Compression) -> Result<Self, EncodeError> {
        let codec = match compression {
            Compression::Lz4Frame => {
                let frame = FrameInfo::new()
                    .block_mode(BlockMode::Independent)
                    .block_size(BlockSize::Max256KB);
                Codec::Lz4(Box::new(FrameEncoder::with_frame_info(frame, Vec::new())))
            }
            Compression::Zstd { level } => {
                Codec::Zstd(zstd::bulk::Compressor::new(level).map_err(|error| failed(&error))?)
            }
        };
        Ok(Self { codec, scratch: Vec::new() })
    }

    /// One buffer as the specification wants it: empty when it is empty, else behind the length
    /// that it had, or behind -1 where compression would not make it smaller.
    ///
    /// # Errors
    /// When the codec fails.
    pub(super) fn compress(&mut self, buffer: Buffer) -> Result<Piece, EncodeError> {
        if buffer.is_empty() {
            return Ok(Piece::Empty);
        }
        self.scratch.clear();
        match &mut self.codec {
            Codec::Lz4(encoder) => {
                std::mem::swap(encoder.get_mut(), &mut self.scratch);
                let result = encoder.write_all(&buffer);
                let result = result.and_then(|()| Ok(encoder.try_finish()?));
                std::mem::swap(encoder.get_mut(), &mut self.scratch);
                result.map_err(|error| failed(&error))?;
            }
            Codec::Zstd(encoder) => {
                self.scratch.reserve(zstd::zstd_safe::compress_bound(buffer.len()));
                let result = encoder.compress_to_buffer(&buffer, &mut self.scratch);
                result.map_err(|error| failed(&error))?;
            }
        }
        let part = if self.scratch.len() < buffer.len() {
            let data = Buffer::from_vec(self.scratch.to_vec());
            Piece::Packed { prefix: to_i64(buffer.len()), data }
        } else {
            Piece::Packed { prefix: STORED, data: buffer }
        };
        self.scratch.clear();
        self.scratch.shrink_to(SCRATCH_BYTES_MAX);
        Ok(part)
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codec = match &self.codec {
            Codec::Lz4(_) => "lz4",
            Codec::Zstd(_) => "zstd",
        };
        f.debug_struct("Compressor").field("codec", &codec).finish_non_exhaustive()
    }
}

fn failed(error: &std::io::Error) -> EncodeError {
    EncodeError::unsupported("the compressed body", error.to_string())
}
