//! Waits for the window of one call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use h2::{Reason, SendStream};
use tokio::time::Sleep;

use crate::stall::{Ledger, Sent};

/// How long a message waits for the peer to open its window for the whole of it, once there is
/// nothing else to send. The update of a peer that reads is a matter of its reading some megabytes.
const PATIENCE: Duration = Duration::from_millis(10);

/// How many messages go as they can after one that waited in vain, at first and at most. A peer
/// that was slow once may read faster now; one whose window stays narrow, as those of Arrow C++
/// and pyarrow do, is to notice nothing of the waiting.
const SKIPPED: u32 = 64;
const SKIPPED_MAX: u32 = 1024;

/// What is known of how far a peer opens the window of a call.
#[derive(Debug)]
pub(super) struct Window {
    /// The widest it has been.
    widest: usize,
    /// So many of the next messages that are to arrive whole do not wait, because one did in vain.
    skipped: u32,
    /// How many these are to be the next time.
    next_skipped: u32,
    /// When the present message has waited enough.
    enough: Option<Pin<Box<Sleep>>>,
}

impl Default for Window {
    fn default() -> Self {
        Self { widest: 0, skipped: 0, next_skipped: SKIPPED, enough: None }
    }
}

impl Window {
    /// Ready when there is room for a message of `len` bytes, which is the one that waits.
    ///
    /// One that is to arrive whole waits until all of it fits, if the window was that wide before.
    /// Otherwise, or in vain, it goes as it can.
    pub(super) fn poll(
        &mut self,
        stream: &mut SendStream<Sent>,
        ledger: &Ledger,
        len: usize,
        is_whole: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), h2::Error>> {
        loop {
            let room = stream.capacity();
            self.widest = self.widest.max(room);
            let fits = room >= len;
            if fits || (room > 0 && !(is_whole && self.is_worth_waiting(len, ledger, cx))) {
                if self.enough.take().is_some() && fits {
                    self.next_skipped = SKIPPED;
                }
                if is_whole {
                    self.skipped = self.skipped.saturating_sub(1);
                }
                return Poll::Ready(Ok(()));
            }
            ready!(poll_wider(stream, cx))?;
        }
    }

    /// Whether the window may soon be wider. If so, the task is woken when it is to look again.
    fn is_worth_waiting(&mut self, len: usize, ledger: &Ledger, cx: &mut Context<'_>) -> bool {
        if ledger.poll_below(len as u64, cx).is_pending() {
            return true;
        }
        if self.skipped > 0 || self.widest < len {
            return false;
        }
        let enough = self.enough.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        if enough.as_mut().poll(cx).is_pending() {
            return true;
        }
        // This message counts as well.
        self.skipped = self.next_skipped + 1;
        self.next_skipped = (2 * self.next_skipped).min(SKIPPED_MAX);
        false
    }
}

/// Ready when the peer has opened the window further.
pub(super) fn poll_wider(
    stream: &mut SendStream<Sent>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), h2::Error>> {
    Poll::Ready(match ready!(stream.poll_capacity(cx)) {
        Some(room) => room.map(drop),
        // The stream takes no more data: it was closed under us.
        None => Err(Reason::STREAM_CLOSED.into()),
    })
}

#[cfg(test)]
mod tests;
