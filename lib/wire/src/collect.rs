//! Collects a value of known length that arrives in pieces, without trusting the length.

use bytes::{Bytes, BytesMut};

use crate::{DecodeError, Segments};

/// Memory that a value is copied into.
pub(crate) trait Sink {
    /// Where its memory comes from.
    type Source;

    /// Takes memory for `len` bytes.
    fn allocate(source: &Self::Source, len: usize) -> Self;

    /// Appends bytes.
    fn extend(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    type Source = ();

    fn allocate((): &(), len: usize) -> Self {
        Self::with_capacity(len)
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Up to this length memory is taken on the word of a peer alone. A connection may have a thousand
/// calls, each with a message under way.
const BELIEVED_LEN_MAX: usize = 1 << 20;

/// Above it, so much of a value has to be there before memory is taken for all of it: one part of
/// so many.
const BELIEVED_SHARE: usize = 8;

/// A value under way. Up to a modest length its memory is taken at once. Above it the first pieces
/// are kept as they came until an eighth is there, and copied then: so a claim costs the claimant
/// its bytes first, and each byte is still copied once.
#[derive(Debug)]
pub(crate) struct Collector<S: Sink> {
    source: S::Source,
    len: usize,
    have: usize,
    store: Store<S>,
}

#[derive(Debug)]
enum Store<S> {
    Pieces(Pieces),
    Direct(S),
}

impl<S: Sink> Collector<S> {
    /// A value of `len` bytes, of which none is there. `claim_bytes_max` is what the
    /// [`Limits`](crate::Limits) say.
    pub(crate) fn new(source: S::Source, len: usize, claim_bytes_max: usize) -> Self {
        let store = if len <= claim_bytes_max.min(BELIEVED_LEN_MAX) {
            Store::Direct(S::allocate(&source, len))
        } else {
            Store::Pieces(Pieces::default())
        };
        Self { source, len, have: 0, store }
    }

    /// Takes off the front of `piece` what is missing, or all of it; gives how much.
    pub(crate) fn take_from(&mut self, piece: &mut Bytes) -> usize {
        let part = piece.split_to(piece.len().min(self.len - self.have));
        let taken = part.len();
        self.have += taken;
        let is_believed = self.have >= self.len / BELIEVED_SHARE;
        if is_believed && let Store::Pieces(pieces) = &mut self.store {
            let mut sink = S::allocate(&self.source, self.len);
            std::mem::take(pieces).finish().iter().for_each(|piece| sink.extend(piece));
            self.store = Store::Direct(sink);
        }
        match &mut self.store {
            Store::Direct(sink) => sink.extend(&part),
            Store::Pieces(pieces) => pieces.push(part),
        }
        taken
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.have == self.len
    }

    /// The error of a stream that ended here.
    pub(crate) fn cut_short(&self, field: &'static str) -> Result<(), DecodeError> {
        Err(DecodeError::truncated(field, self.len, self.have))
    }

    /// The value; as much of it as has arrived.
    pub(crate) fn finish(self) -> S {
        match self.store {
            Store::Direct(sink) => sink,
            Store::Pieces(pieces) => {
                let mut sink = S::allocate(&self.source, self.have);
                pieces.finish().iter().for_each(|piece| sink.extend(piece));
                sink
            }
        }
    }
}

/// Pieces shorter than this are copied together: each kept piece has a cost of its own (its
/// handle, and the rest of the buffer that it is part of), which a peer could make much larger
/// than what it sends.
const PIECE_LEN_MIN: usize = 4 << 10;

/// The size of the blocks that short pieces are copied into, but for the first, which is as long
/// as such a piece can be: often there is only one.
const BLOCK_LEN: usize = 64 << 10;

#[derive(Debug, Default)]
struct Pieces {
    whole: Segments,
    block: BytesMut,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) {
        if piece.len() >= PIECE_LEN_MIN {
            self.close_block();
            self.whole.push(piece);
            return;
        }
        if self.block.capacity() - self.block.len() < piece.len() {
            self.close_block();
            self.block.reserve(if self.whole.is_empty() { PIECE_LEN_MIN } else { BLOCK_LEN });
        }
        self.block.extend_from_slice(&piece);
    }

    fn close_block(&mut self) {
        if !self.block.is_empty() {
            self.whole.push(self.block.split().freeze());
        }
    }

    fn finish(mut self) -> Segments {
        self.close_block();
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(len: usize, claim_bytes_max: usize, sizes: &[usize]) -> Vec<u8> {
        let bytes: Bytes = (0..len).map(|at| (at * 7 % 251) as u8).collect();
        let mut collector = Collector::<Vec<u8>>::new((), len, claim_bytes_max);
        let (mut rest, mut sizes) = (bytes.clone(), sizes.iter().cycle());
        while !collector.is_complete() {
            let mut piece = rest.split_to(rest.len().min(*sizes.next().unwrap()));
            let before = piece.len();
            assert_eq!(collector.take_from(&mut piece), before);
            assert!(piece.is_empty());
        }
        let got = collector.finish();
        assert_eq!(got, bytes);
        got
    }

    #[test]
    fn direct_and_in_pieces() {
        for len in [0, 1, 100, 300_000] {
            for claim_bytes_max in [0, len] {
                let got = collect(len, claim_bytes_max, &[1, 4095, 4096, 10, 70_000]);
                assert_eq!(got.capacity(), len, "memory is taken once");
            }
        }
    }

    #[test]
    fn many_tiny_pieces_cost_few_blocks() {
        let mut pieces = Pieces::default();
        (0..1_000_000).for_each(|_| pieces.push(Bytes::from_static(b"x")));
        let rope = pieces.finish();
        assert_eq!(rope.len(), 1_000_000);
        assert!(rope.iter().count() <= 1_000_000 / BLOCK_LEN + 2, "{}", rope.iter().count());
    }

    #[test]
    fn takes_only_what_is_missing() {
        let mut collector = Collector::<Vec<u8>>::new((), 3, 100);
        let mut piece = Bytes::from_static(b"abcdef");
        assert_eq!(collector.take_from(&mut piece), 3);
        assert_eq!((collector.finish(), piece), (b"abc".to_vec(), Bytes::from_static(b"def")));
    }
}
