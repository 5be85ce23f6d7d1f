//! A body's buffers as segments that can be written to a socket.

use arrow_buffer::Buffer;
use bytes::{BufMut, Bytes, BytesMut};

use super::layout::{ALIGNMENT, Piece, padded};
use crate::Segments;

/// Buffers shorter than this are copied next to their neighbours, longer ones travel as they are.
///
/// A segment of its own costs two atomic operations and a slot of the vectored write (of which the
/// stack below takes 16 to 64 at a time); copying 4 KiB costs about as much and keeps a small
/// batch in one segment.
pub(super) const GATHER_BYTES_MAX: usize = 4096;

static ZEROS: [u8; ALIGNMENT] = [0; ALIGNMENT];

/// What the pieces of a body become, behind bytes that go first.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How many bytes are copied behind the first ones, zeros between them included.
    pub(super) gathered_len: usize,
    /// How many segments there are.
    segments: usize,
}

impl Plan {
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let mut plan = Self::default();
        // Whether there are bytes that are not a segment yet, and the zeros that follow them.
        let (mut open, mut padding) = (true, 0);
        for piece in pieces.iter().filter(|piece| !matches!(piece, Piece::Empty)) {
            let (len, copied) = (piece.len(), piece.copied_len());
            if copied > 0 {
                plan.gathered_len += std::mem::take(&mut padding) + copied;
                open = true;
            }
            if copied < len {
                plan.flush(&mut open, &mut padding);
                plan.segments += 1;
            }
            padding += padded(len) - len;
        }
        plan.flush(&mut open, &mut padding);
        plan
    }

    fn flush(&mut self, open: &mut bool, padding: &mut usize) {
        let (open, padding) = (std::mem::take(open), std::mem::take(padding));
        self.segments += usize::from(open || padding > 0);
        self.gathered_len += if open { padding } else { 0 };
    }
}

/// Joins the pieces behind `front`: each is padded to [`ALIGNMENT`], small ones are gathered.
/// `front` has room for them, as `plan` has it.
pub(super) fn assemble(
    front: BytesMut,
    pieces: impl Iterator<Item = Piece>,
    plan: &Plan,
) -> Segments {
    let mut gather =
        Gather { segments: Segments::with_capacity(plan.segments), small: front, padding: 0 };
    for piece in pieces {
        let (len, copied) = (piece.len(), piece.copied_len());
        if let Piece::Packed { prefix, .. } = &piece {
            gather.copy(&prefix.to_le_bytes());
        }
        let Some(buffer) = piece.into_buffer() else { continue };
        if copied < len {
            gather.share(buffer);
        } else {
            gather.copy(&buffer);
        }
        gather.padding += padded(len) - len;
    }
    gather.flush();
    gather.segments
}

#[derive(Debug)]
struct Gather {
    segments: Segments,
    /// Small parts that have not become a segment yet.
    small: BytesMut,
    /// Zeros that follow them.
    padding: usize,
}

impl Gather {
    fn copy(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.pad();
            self.small.extend_from_slice(bytes);
        }
    }

    fn share(&mut self, buffer: Buffer) {
        self.flush();
        self.segments.push_buffer(buffer);
    }

    fn pad(&mut self) {
        let padding = std::mem::take(&mut self.padding);
        if padding > 0 {
            self.small.put_bytes(0, padding);
        }
    }

    #[cfg_attr(
        not(test),
        expect(clippy::indexing_slicing, reason = "it is the padding of one buffer")
    )]
    fn flush(&mut self) {
        if self.small.is_empty() {
            let padding = std::mem::take(&mut self.padding);
            if padding > 0 {
                self.segments.push(Bytes::from_static(&ZEROS[..padding]));
            }
            return;
        }
        self.pad();
        let is_last = self.small.len() == self.small.capacity();
        // To split shares the memory, for which there is no need where nothing follows.
        let run = if is_last { std::mem::take(&mut self.small) } else { self.small.split() };
        self.segments.push(run.freeze());
    }
}
