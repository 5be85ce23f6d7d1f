//! Bytes on their way out, which tell a ledger how far they came.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use wingbeat_wire::Segments;

use super::ledger::Ledger;
use crate::following::Following;

/// A rope that is handed to the transport. It counts as moved what the transport has written, and
/// what it drops because the call is over.
#[derive(Debug)]
pub(crate) struct Sent {
    data: Segments,
    ledger: Arc<Ledger>,
    /// Where the socket finds what comes behind the pieces that it is offered.
    following: Arc<Following>,
}

impl Sent {
    pub(crate) fn new(data: Segments, ledger: &Arc<Ledger>, following: &Arc<Following>) -> Self {
        ledger.hand(data.len() as u64);
        Self { data, ledger: Arc::clone(ledger), following: Arc::clone(following) }
    }

    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// Takes the first `count` bytes off, or all when there are fewer. All stay handed over.
    pub(crate) fn split_to(&mut self, count: usize) -> Self {
        let data = self.data.split_to(count);
        Self { data, ledger: Arc::clone(&self.ledger), following: Arc::clone(&self.following) }
    }
}

impl Buf for Sent {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        let count = self.data.chunks_vectored(dst);
        self.following.lend(&self.data, count);
        count
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
        self.ledger.moved(count as u64);
    }

    #[expect(clippy::disallowed_methods, reason = "the transport asks for it, for short frames")]
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        let bytes = self.data.copy_to_bytes(count);
        self.ledger.moved(count as u64);
        bytes
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if self.data.has_remaining() {
            self.ledger.moved(self.data.remaining() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it is tested")]
    fn every_byte_is_counted_once() {
        let ledger = Arc::new(Ledger::default());
        let rope = || ["abc", "def"].map(|piece| Bytes::from_static(piece.as_bytes()));
        let mut sent = Sent::new(rope().into_iter().collect(), &ledger, &Arc::default());
        assert_eq!((sent.remaining(), ledger.under_way()), (6, 6));
        sent.advance(2);
        assert_eq!((sent.chunk(), ledger.under_way()), (&b"c"[..], 4));
        assert_eq!(sent.copy_to_bytes(2), "cd");
        assert_eq!((sent.remaining(), ledger.under_way()), (2, 2));
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(sent.chunks_vectored(&mut slices), 1);
        drop(sent);
        assert_eq!(ledger.under_way(), 0);
    }
}
