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

/// What is known of how far a peer opens the window of a call.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The widest it has been.
    widest: usize,
    /// A message once waited in vain; none does so again.
    is_vain: bool,
    /// When the present message has waited enough.
    enough: Option<Pin<Box<Sleep>>>,
}

impl Window {
    /// Ready when there is room for a message of `len` bytes, which is the one that waits.
    ///
    /// One that is to arrive whole waits until all of it fits, if the window was ever that wide.
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
                self.enough = None;
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
        if self.is_vain || self.widest < len {
            return false;
        }
        let enough = self.enough.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        self.is_vain = enough.as_mut().poll(cx).is_ready();
        !self.is_vain
    }
}
