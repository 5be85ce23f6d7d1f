//! Writes more of a long frame than the socket is offered, and takes it when it is offered.

use std::io::IoSlice;
use std::sync::Arc;

use wingbeat_wire::Segments;

use crate::following::Following;
use crate::frames::{DEFAULT_FRAME_LEN, FrameFollower};

/// How far a socket has written beyond what it was offered, which is never beyond the frame: what
/// comes behind a frame is not decided before its end.
pub(crate) struct Ahead {
    /// What comes behind what is offered.
    following: Arc<Following>,
    /// Where what was taken ends.
    frames: FrameFollower,
    /// How many bytes were written that are still to be offered.
    len: usize,
}

impl Ahead {
    /// Of a socket to which nothing was written yet.
    pub(crate) fn new(frames: FrameFollower) -> Self {
        Self { following: Arc::default(), frames, len: 0 }
    }

    /// Where ropes lend what follows the pieces that they offer.
    pub(crate) fn following(&self) -> &Arc<Following> {
        &self.following
    }

    /// Takes what is offered, `len` bytes, of what was written already; says how much. `None` when
    /// nothing was, and the offer is to be written.
    pub(crate) fn pass_over(&mut self, len: usize) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let taken = len.min(self.len);
        self.set_len(self.len - taken);
        Some(taken)
    }

    /// `bufs` were taken, to be written later.
    pub(crate) fn gathered(&mut self, bufs: &[IoSlice<'_>]) {
        if len(bufs) >= DEFAULT_FRAME_LEN {
            self.following.set_of_use(false);
        }
        bufs.iter().for_each(|buf| self.frames.push(buf));
    }

    /// What is to be written behind `bufs`: what was `lent`, to the end of their frame at most.
    pub(crate) fn behind(&self, bufs: &[IoSlice<'_>], mut lent: Segments) -> Segments {
        let mut frames = self.frames.clone();
        bufs.iter().for_each(|buf| frames.push(buf));
        let missing = frames.missing();
        if missing > 0 || len(bufs) > DEFAULT_FRAME_LEN {
            self.following.set_of_use(true);
        }
        lent.split_to(missing)
    }

    /// So many bytes of `bufs`, and of what comes behind them, were written. Says how many of
    /// `bufs`.
    pub(crate) fn wrote(
        &mut self,
        bufs: &[IoSlice<'_>],
        behind: &Segments,
        written: usize,
    ) -> usize {
        let mut left = written;
        for piece in bufs.iter().map(|buf| &**buf).chain(behind.iter()) {
            let taken = piece.get(..left).unwrap_or(piece);
            self.frames.push(taken);
            left -= taken.len();
        }
        let offered = len(bufs);
        self.set_len(written.saturating_sub(offered));
        written.min(offered)
    }

    fn set_len(&mut self, len: usize) {
        self.len = len;
        self.following.set_ahead(len > 0);
    }
}

fn len(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().map(|buf| buf.len()).sum()
}
