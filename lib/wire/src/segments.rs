//! A rope of reference-counted byte pieces: what is to be written, without being joined first.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Bytes in several pieces, in order. Cloning and taking pieces copies no byte.
///
/// As a [`Buf`] it offers all its pieces to a vectored write, which is how Arrow buffers get to
/// the socket without being gathered. Empty pieces are not kept.
#[derive(Debug, Clone, Default)]
pub struct Segments {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl Segments {
    /// An empty rope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one piece.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_back(piece);
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
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces.iter()
    }

    /// Takes the first piece.
    pub fn pop_front(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.len -= piece.len();
        Some(piece)
    }

    /// All bytes in one piece. Copies them unless there is only one piece: meant for small
    /// messages and tests.
    pub fn to_bytes(&self) -> Bytes {
        match (self.pieces.front(), self.pieces.len()) {
            (Some(only), 1) => only.clone(),
            _ => {
                let mut all = Vec::with_capacity(self.len);
                self.pieces.iter().for_each(|piece| all.extend_from_slice(piece));
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

impl Buf for Segments {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, piece) in dst.iter_mut().zip(&self.pieces) {
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
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.pieces.pop_front();
        }
    }

    /// Shares memory where the bytes asked for lie in the first piece; copies otherwise.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        assert!(count <= self.len, "copy of {count} bytes, only {} remain", self.len);
        if let Some(front) = self.pieces.front_mut().filter(|front| count <= front.len()) {
            let taken = front.split_to(count);
            self.len -= count;
            if front.is_empty() {
                self.pieces.pop_front();
            }
            return taken;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(parts: &[&'static str]) -> Segments {
        parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect()
    }

    #[test]
    fn empty_pieces_are_not_kept() {
        let mut rope = rope(&["", "ab", "", "c"]);
        assert_eq!((rope.len(), rope.iter().count()), (3, 2));
        rope.append(Segments::from(Bytes::new()));
        assert_eq!(rope.to_bytes(), "abc");
    }

    #[test]
    fn every_advance_leaves_the_rest() {
        for count in 0..=6 {
            let mut rope = rope(&["ab", "cde", "f"]);
            rope.advance(count);
            assert_eq!(rope.remaining(), 6 - count);
            assert_eq!(rope.to_bytes(), "abcdef"[count..]);
            assert_eq!(rope.has_remaining(), !rope.chunk().is_empty());
        }
    }

    #[test]
    fn copies_and_shares() {
        let whole = Bytes::from_static(b"abcd");
        let mut rope: Segments = [whole.clone(), Bytes::from_static(b"ef")].into_iter().collect();
        let first = rope.copy_to_bytes(2);
        assert_eq!(first.as_ptr(), whole.as_ptr());
        assert_eq!(rope.copy_to_bytes(3), "cde");
        assert_eq!((rope.len(), rope.to_bytes()), (1, Bytes::from_static(b"f")));
        assert_eq!(rope.copy_to_bytes(1), "f");
        assert!(rope.is_empty() && rope.pop_front().is_none());
        assert_eq!(rope.copy_to_bytes(0), "");
    }

    #[test]
    fn offers_its_pieces_to_a_vectored_write() {
        let rope = rope(&["ab", "cde", "f"]);
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(rope.chunks_vectored(&mut slices), 2);
        assert_eq!((&*slices[0], &*slices[1]), (&b"ab"[..], &b"cde"[..]));
        assert_eq!(rope.iter().nth(1).map(|piece| piece.as_ptr()), Some(slices[1].as_ptr()));
    }

    #[test]
    fn popping_keeps_count() {
        let mut rope = rope(&["ab", "cde"]);
        assert_eq!(rope.pop_front().as_deref(), Some(&b"ab"[..]));
        assert_eq!((rope.len(), rope.chunk()), (3, &b"cde"[..]));
    }
}
