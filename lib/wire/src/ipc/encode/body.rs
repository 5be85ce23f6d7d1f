//! A body's buffers as segments that can be written to a socket.

use arrow_buffer::Buffer;
use bytes::{BufMut, Bytes, BytesMut};

use super::layout::{ALIGNMENT, padded};
use crate::Segments;

/// Buffers shorter than this are copied next to their neighbours, longer ones travel as they are.
///
/// A segment of its own costs an allocation for its owner, two atomic operations and a slot of
/// the vectored write (of which the stack below takes 16 to 64 at a time); copying 4 KiB costs
/// about as much and keeps a small batch in one or two segments.
pub(super) const GATHER_BYTES_MAX: usize = 4096;

static ZEROS: [u8; ALIGNMENT] = [0; ALIGNMENT];

/// One buffer of a body as it is sent.
#[derive(Debug)]
pub(super) struct BodyPart {
    /// In a compressed body, the length before compression (-1: stored as it is).
    pub(super) prefix: Option<i64>,
    pub(super) data: Buffer,
}

impl BodyPart {
    /// In bytes, without padding.
    pub(super) fn len(&self) -> usize {
        self.data.len() + self.prefix.map_or(0, |_| size_of::<i64>())
    }
}

/// Where each part lies in the body, and how long the body is.
pub(super) fn place(lengths: impl Iterator<Item = usize>) -> (Vec<arrow_ipc::Buffer>, usize) {
    let mut end = 0;
    let buffers = lengths
        .map(|len| {
            let start = end;
            end += padded(len);
            arrow_ipc::Buffer::new(super::layout::to_i64(start), super::layout::to_i64(len))
        })
        .collect();
    (buffers, end)
}

/// Joins the parts: each is padded to [`ALIGNMENT`], small ones are gathered.
pub(super) fn assemble(parts: impl IntoIterator<Item = BodyPart>) -> Segments {
    let mut gather = Gather::default();
    for part in parts {
        if let Some(prefix) = part.prefix {
            gather.copy(&prefix.to_le_bytes());
        }
        let len = part.len();
        if part.data.len() < GATHER_BYTES_MAX {
            gather.copy(&part.data);
        } else {
            gather.share(part.data);
        }
        gather.pad(padded(len) - len);
    }
    gather.finish()
}

#[derive(Debug, Default)]
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
            self.small.put_bytes(0, std::mem::take(&mut self.padding));
            self.small.put_slice(bytes);
        }
    }

    fn share(&mut self, buffer: Buffer) {
        self.flush();
        self.segments.push(Bytes::from_owner(Shared(buffer)));
    }

    fn pad(&mut self, count: usize) {
        self.padding += count;
    }

    #[cfg_attr(
        not(test),
        expect(clippy::indexing_slicing, reason = "it is the padding of one buffer")
    )]
    fn flush(&mut self) {
        let padding = std::mem::take(&mut self.padding);
        if self.small.is_empty() {
            self.segments.push(Bytes::from_static(&ZEROS[..padding]));
        } else {
            self.small.put_bytes(0, padding);
            self.segments.push(self.small.split().freeze());
        }
    }

    fn finish(mut self) -> Segments {
        self.flush();
        self.segments
    }
}

/// Keeps an Arrow buffer alive while its bytes are on their way.
struct Shared(Buffer);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}
