//! Shows the socket more of a frame than HTTP/2 offers it at a time.
//!
//! h2 wraps what it writes in `bytes::Take`, which offers a write 16 pieces at most, and a batch of
//! a thousand columns has a thousand: sixty system calls, each of which wakes the receiver. So a
//! rope that has more pieces lends those that follow to the socket, and the socket writes them in
//! the same call. When h2 comes to offer them, they are passed over. To a peer that takes frames of
//! 16 KiB only nothing is lent: those are short, and gathered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use wingbeat_wire::Segments;

/// How many pieces are lent at most. Several times as many win nothing.
const PIECES_MAX: usize = 64;

/// A shorter rope leaves in a few writes, and its receiver is better off with the first of them
/// sooner than with fewer.
const LONG_LEN_MIN: usize = 512 << 10;

/// The pieces behind those that the transport was offered last.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Whether the socket is ahead already.
    is_ahead: AtomicBool,
    /// Whether the last frame that was written was one that is gathered.
    is_useless: AtomicBool,
    pieces: Mutex<Segments>,
}

impl Following {
    /// Lends what of `data` comes behind its first `offered` pieces, where that is of use.
    pub(crate) fn lend(&self, data: &Segments, offered: usize) {
        let is_of_use = data.len() >= LONG_LEN_MIN && offered < data.piece_count();
        let is_wanted =
            || !self.is_ahead.load(Ordering::Relaxed) && !self.is_useless.load(Ordering::Relaxed);
        if is_of_use && is_wanted() {
            *self.pieces.lock().unwrap_or_else(PoisonError::into_inner) =
                data.within(offered..offered + PIECES_MAX);
        }
    }

    /// What was lent for the write that is made now.
    pub(crate) fn take(&self) -> Segments {
        std::mem::take(&mut *self.pieces.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says whether the socket has written more than it was offered. As long as it has, nothing
    /// needs to be lent.
    pub(crate) fn set_ahead(&self, is_ahead: bool) {
        self.is_ahead.store(is_ahead, Ordering::Relaxed);
    }

    /// Says whether the socket has use for what is lent.
    pub(crate) fn set_of_use(&self, is_of_use: bool) {
        self.is_useless.store(!is_of_use, Ordering::Relaxed);
    }
}
