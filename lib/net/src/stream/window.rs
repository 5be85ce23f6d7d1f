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

/// The same with a peer that was seen to read slowly. What reads slower than a window in that time
/// does not notice that it copies.
const PATIENCE_MAX: Duration = Duration::from_millis(80);

/// How many messages go as they can, at most, between one that waited in vain and the next that
/// waits: a peer whose window stays narrow is not to hold up every message.
const SKIPPED_MAX: u32 = 64;

/// What is known of how far a peer opens the window of a call.
#[derive(Debug)]
pub(super) struct Window {
    /// The widest it has been.
    widest: usize,
    /// How long the next message waits.
    patience: Duration,
    /// So many of the next messages do not wait, because one did in vain.
    skipped: u32,
    /// How many these were at first.
    skipped_after: u32,
    /// When the present message has waited enough.
    enough: Option<Pin<Box<Sleep>>>,
}

impl Default for Window {
    fn default() -> Self {
        Self { widest: 0, patience: PATIENCE, skipped: 0, skipped_after: 0, enough: None }
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
                    self.skipped_after = 0;
                }
                self.skipped = self.skipped.saturating_sub(1);
                return Poll::Ready(Ok(()));
            }
            match ready!(stream.poll_capacity(cx)) {
                Some(room) => room?,
                // The stream takes no more data: it was closed under us.
                None => return Poll::Ready(Err(Reason::STREAM_CLOSED.into())),
            };
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
        let patience = self.patience;
        let enough = self.enough.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if enough.as_mut().poll(cx).is_pending() {
            return true;
        }
        self.patience = (2 * patience).min(PATIENCE_MAX);
        self.skipped_after = (2 * self.skipped_after + 1).min(SKIPPED_MAX);
        // This message counts as well.
        self.skipped = self.skipped_after + 1;
        false
    }
}
