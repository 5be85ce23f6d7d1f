//! A rope of reference-counted byte pieces: what is to be written, without being joined first.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;

use arrow_buffer::Buffer;
use bytes::{Buf, Bytes};

/// Bytes in several pieces, in order. Cloning and taking pieces copies no byte.
///
/// As a [`Buf`] it offers all its pieces to a vectored write, which is how Arrow buffers get to
/// the socket without being gathered. Empty pieces are not kept.
#[derive(Debug, Clone, Default)]
pub struct Segments {
    pieces: VecDeque<Piece>,
    len: usize,
}

/// Memory of either kind, as it is: making `Bytes` of a `Buffer` takes an allocation.
#[derive(Debug, Clone)]
enum Piece {
    Bytes(Bytes),
    Buffer(Buffer),
}

impl Segments {
    /// An empty rope.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty rope with room for so many pieces.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { pieces: VecDeque::with_capacity(count), len: 0 }
    }

    /// Appends one piece.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_back(Piece::Bytes(piece));
        }
    }

    /// Appends one piece that is an Arrow buffer.
    pub fn push_buffer(&mut self, piece: Buffer) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_back(Piece::Buffer(piece));
        }
    }

    /// Puts one piece before all others.
    pub(crate) fn push_front(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_front(Piece::Bytes(piece));
        }
    }

    /// Appends the pieces of another rope.
    pub fn append(&mut self, mut other: Self) {
        self.len += other.len;
        self.pieces.append(&mut other.pieces);
    }

    /// How many bytes all pieces have together.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pieces, first to last.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(Piece::as_slice)
    }

    /// A rope of some of the pieces, by their places; of those among them that there are.
    pub fn within(&self, places: Range<usize>) -> Self {
        self.pieces.iter().skip(places.start).take(places.len()).cloned().collect()
    }

    /// How many pieces there are.
    pub fn piece_count(&self) -> usize {
        self.pieces.len()
    }

    /// Takes the first piece.
    pub fn pop_front(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?.into_bytes();
        self.len -= piece.len();
        Some(piece)
    }

    /// Takes the first `count` bytes off, or all when there are fewer, without a copy.
    #[must_use]
    pub fn split_to(&mut self, count: usize) -> Self {
        let mut head = Self::new();
        while head.len < count
            && let Some(mut piece) = self.pieces.pop_front()
        {
            let missing = count - head.len;
            let len = piece.as_slice().len();
            self.len -= len;
            if len > missing {
                let rest = piece.split_off(missing);
                self.len += len - missing;
                self.pieces.push_front(rest);
            }
            head.len += len.min(missing);
            head.pieces.push_back(piece);
        }
        head
    }

    /// All bytes in one piece. Copies them unless there is only one piece: meant for small
    /// messages and tests.
    pub fn to_bytes(&self) -> Bytes {
        match (self.pieces.front(), self.pieces.len()) {
            (Some(only), 1) => only.clone().into_bytes(),
            _ => {
                let mut all = Vec::with_capacity(self.len);
                self.iter().for_each(|piece| all.extend_from_slice(piece));
                all.into()
            }
        }
    }
}

impl From<Bytes> for Segments {
    fn from(piece: Bytes) -> Self {
        let mut segments = Self::new();
        segments.push(piece);
        segments
    }
}

impl FromIterator<Bytes> for Segments {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        let mut segments = Self::new();
        pieces.into_iter().for_each(|piece| segments.push(piece));
        segments
    }
}

impl FromIterator<Piece> for Segments {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        let pieces: VecDeque<_> = pieces.into_iter().collect();
        let len = pieces.iter().map(|piece| piece.as_slice().len()).sum();
        Self { pieces, len }
    }
}

impl Buf for Segments {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], Piece::as_slice)
    }

    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, piece) in dst.iter_mut().zip(self.iter()) {
            *slot = IoSlice::new(piece);
            count += 1;
        }
        count
    }

    /// # Panics
    /// When `count` is more than what remains, as the contract of [`Buf`] has it.
    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.len, "advance by {count} bytes, only {} remain", self.len);
        self.len -= count;
        while let Some(front) = self.pieces.front_mut() {
            let len = front.as_slice().len();
            if count < len {
                front.advance(count);
                return;
            }
            count -= len;
            self.pieces.pop_front();
        }
    }

    /// Shares memory where the bytes asked for lie in the first piece; copies otherwise.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        assert!(count <= self.len, "copy of {count} bytes, only {} remain", self.len);
        if count <= self.chunk().len() {
            let taken = self.pieces.front_mut().map(|front| front.share(count));
            self.advance(count);
            return taken.unwrap_or_default();
        }
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            let chunk = self.chunk();
            let part = chunk.get(..count - all.len()).unwrap_or(chunk);
            all.extend_from_slice(part);
            let taken = part.len();
            self.advance(taken);
        }
        all.into()
    }
}

impl Piece {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Bytes(piece) => piece,
            Self::Buffer(piece) => piece,
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Bytes(piece) => piece,
            Self::Buffer(piece) => Bytes::from_owner(Shared(piece)),
        }
    }

    /// What is behind the first `at` bytes, which stay; there has to be something.
    fn split_off(&mut self, at: usize) -> Self {
        match self {
            Self::Bytes(piece) => Self::Bytes(piece.split_off(at)),
            Self::Buffer(piece) => {
                let rest = piece.slice(at);
                *piece = piece.slice_with_length(0, at);
                Self::Buffer(rest)
            }
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Bytes(piece) => piece.advance(count),
            Self::Buffer(piece) => piece.advance(count),
        }
    }

    /// The first `count` bytes, which there have to be.
    fn share(&self, count: usize) -> Bytes {
        match self {
            Self::Bytes(piece) => piece.slice(..count),
            Self::Buffer(piece) => Bytes::from_owner(Shared(piece.slice_with_length(0, count))),
        }
    }
}

/// Keeps an Arrow buffer alive for `Bytes`.
struct Shared(Buffer);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

#[cfg(test)]
mod tests;
