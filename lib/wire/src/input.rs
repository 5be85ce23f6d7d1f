//! The received pieces that are still to be read.

use bytes::Bytes;

use crate::Segments;

/// What is shorter is copied rather than shared: the piece that it is part of would stay alive for
/// little.
const SHARED_LEN_MIN: usize = 16 << 10;

/// A byte stream in pieces, read from the front.
#[derive(Debug, Default)]
pub(crate) struct Input {
    current: Bytes,
    /// How long `current` was before anything was read from it.
    whole_len: usize,
    waiting: Segments,
}

impl Input {
    pub(crate) fn push(&mut self, piece: Bytes) {
        self.waiting.push(piece);
    }

    /// The rest of the first piece; `None` when everything is read.
    pub(crate) fn current(&mut self) -> Option<&mut Bytes> {
        if self.current.is_empty() {
            self.current = self.waiting.pop_front()?;
            self.whole_len = self.current.len();
        }
        Some(&mut self.current)
    }

    /// The next `len` bytes without a copy, if they lie in the current piece, are of some length,
    /// and are most of what they would keep alive.
    pub(crate) fn share(&mut self, len: usize) -> Option<Bytes> {
        // What comes next may begin with a piece.
        self.current()?;
        let worth = len >= SHARED_LEN_MIN && len >= self.whole_len / 2;
        (worth && len <= self.current.len()).then(|| self.current.split_to(len))
    }

    /// The rest of the current piece, in bytes.
    pub(crate) fn remaining(&self) -> usize {
        self.current.len()
    }

    /// The next `len` bytes, or as many as the current piece has, without a copy: for what is
    /// dropped soon.
    pub(crate) fn borrow(&mut self, len: usize) -> Bytes {
        self.current.split_to(len.min(self.current.len()))
    }

    /// As [`share`](Self::share), for memory that has to start at a multiple of `align`.
    pub(crate) fn share_aligned(&mut self, len: usize, align: usize) -> Option<Bytes> {
        let aligned = self.current()?.as_ptr().addr().is_multiple_of(align);
        if aligned { self.share(len) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_order() {
        let mut input = Input::default();
        assert!(input.current().is_none());
        for piece in ["ab", "", "c"] {
            input.push(Bytes::from(piece));
        }
        assert_eq!(input.current().map(|piece| piece.split_to(1)), Some(Bytes::from("a")));
        assert_eq!(input.current().map(std::mem::take), Some(Bytes::from("b")));
        assert_eq!(input.current().map(std::mem::take), Some(Bytes::from("c")));
        assert!(input.current().is_none());
    }

    #[test]
    fn shares_what_is_most_of_a_piece() {
        let mut input = Input::default();
        let piece = Bytes::from(vec![7; 4 * SHARED_LEN_MIN]);
        input.push(piece.clone());
        input.current().unwrap();
        assert!(input.share(SHARED_LEN_MIN).is_none(), "keeps four times as much");
        assert!(input.share(4 * SHARED_LEN_MIN + 1).is_none(), "goes beyond");
        let _ = input.current().unwrap().split_to(2 * SHARED_LEN_MIN);
        let shared = input.share(2 * SHARED_LEN_MIN).unwrap();
        assert_eq!(shared.as_ptr(), piece[2 * SHARED_LEN_MIN..].as_ptr());
        input.push(piece.clone());
        let next = input.share(piece.len()).unwrap();
        assert_eq!(next.as_ptr(), piece.as_ptr(), "a piece that was not begun");
        input.push(Bytes::from_static(b"short"));
        input.current().unwrap();
        assert!(input.share(5).is_none(), "too short to be worth it");
    }
}
