//! Compression of a whole body, on as many threads as help.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::compressor::Compressor;
use super::layout::{Piece, padded};
use crate::EncodeError;
use crate::ipc::Compression;

/// A smaller body is done before other threads have woken up.
const SHARED_LEN_MIN: usize = 256 << 10;

/// How many contexts are kept for the next body. One of Zstandard takes about a megabyte.
const KEPT_MAX: usize = 4;

/// The compressors of one stream: one for each thread that is at work, made as they are needed.
///
/// The threads are rayon's, as many as the machine has cores, for all streams together. With one
/// thread (`RAYON_NUM_THREADS=1`) all is done where it is asked for.
#[derive(Debug)]
pub(super) struct Compressors {
    compression: Compression,
    idle: Mutex<Vec<Compressor>>,
}

impl Compressors {
    pub(super) fn new(compression: Compression) -> Self {
        Self { compression, idle: Mutex::default() }
    }

    /// Compresses every buffer of a body of `len` bytes; gives its length afterwards.
    ///
    /// # Errors
    /// When the codec fails.
    pub(super) fn compress(&self, pieces: &mut [Piece], len: usize) -> Result<usize, EncodeError> {
        if len >= SHARED_LEN_MIN && pieces.len() > 1 && rayon::current_num_threads() > 1 {
            pieces.par_iter_mut().try_for_each(|piece| self.compress_piece(piece))?;
        } else {
            pieces.iter_mut().try_for_each(|piece| self.compress_piece(piece))?;
        }
        Ok(pieces.iter().map(|piece| padded(piece.len())).sum())
    }

    fn compress_piece(&self, piece: &mut Piece) -> Result<(), EncodeError> {
        let Some(buffer) = std::mem::replace(piece, Piece::Empty).into_buffer() else {
            return Ok(());
        };
        let idle = self.idle().pop();
        let mut compressor = match idle {
            Some(compressor) => compressor,
            None => Compressor::new(self.compression)?,
        };
        *piece = compressor.compress(buffer)?;
        let mut idle = self.idle();
        if idle.len() < KEPT_MAX {
            idle.push(compressor);
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Compressor>> {
        // What lies here is whole: compressors at work are not in it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
