//! Counts what was handed over to be moved against what has moved, and tells when it stalls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::{Instant, sleep_until};

use super::pace::Pace;

/// How often a watcher looks within one timeout. A stall is noticed this part of it late.
const LOOKS: u32 = 8;

/// How much of a call's end may be on its way without anybody looking; see
/// [`poll_nearly_clear`](Ledger::poll_nearly_clear).
const TAIL_BYTES_MAX: u64 = 64 << 10;

/// Two running totals of bytes: what was handed over, and what of that has moved.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    handed: AtomicU64,
    moved: AtomicU64,
    waker: AtomicWaker,
}

impl Ledger {
    /// So many bytes are to be moved from now on.
    pub(crate) fn hand(&self, bytes: u64) {
        self.handed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes were moved, or will not be.
    pub(crate) fn moved(&self, bytes: u64) {
        let before = self.under_way();
        self.moved.fetch_add(bytes, Ordering::AcqRel);
        if before > TAIL_BYTES_MAX && before.saturating_sub(bytes) <= TAIL_BYTES_MAX {
            self.waker.wake();
        }
    }

    /// All that has been moved so far, and this much more, is what was handed over.
    pub(super) fn owe(&self, bytes: u64) {
        self.handed.store(self.moved.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }

    /// How many bytes are still to be moved.
    pub(crate) fn under_way(&self) -> u64 {
        let handed = self.handed.load(Ordering::Acquire);
        handed.saturating_sub(self.moved.load(Ordering::Acquire))
    }

    /// Pending while more than 64 KiB are under way.
    pub(crate) fn poll_nearly_clear(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.under_way() <= TAIL_BYTES_MAX {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        if self.under_way() <= TAIL_BYTES_MAX { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Resolves when bytes are under way and move too slowly; within nine eighths of `timeout`
    /// when they do not move at all. `None` never resolves.
    pub(crate) async fn stalled(&self, timeout: Option<Duration>) {
        let Some(timeout) = timeout else { return std::future::pending().await };
        let mut watch = Watch::new(timeout);
        while !watch.look(self) {
            watch.rest().await;
        }
    }

    fn totals(&self) -> Totals {
        let moved = self.moved.load(Ordering::Acquire);
        Totals { handed: self.handed.load(Ordering::Acquire).max(moved), moved }
    }
}

#[derive(Debug, Clone, Copy)]
struct Totals {
    handed: u64,
    moved: u64,
}

/// Looks at a ledger from time to time.
#[derive(Debug)]
pub(super) struct Watch {
    timeout: Duration,
    /// The budget of what was under way, with the totals at which it was filled and last paid.
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    pace: Pace,
    /// Once this much has moved, all that the budget was for has.
    target: u64,
    paid: u64,
}

impl Watch {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, begun: None }
    }

    /// Whether the bytes under way move too slowly.
    pub(super) fn look(&mut self, ledger: &Ledger) -> bool {
        let now = Instant::now();
        let Totals { handed, moved } = ledger.totals();
        match &mut self.begun {
            Some(begun) if moved < begun.target && moved < handed => {
                begun.pace.pay(moved.saturating_sub(begun.paid), now);
                begun.paid = moved;
                begun.pace.is_over(now)
            }
            _ => {
                let pace = Pace::full(self.timeout, now);
                self.begun =
                    (handed > moved).then_some(Begun { pace, target: handed, paid: moved });
                false
            }
        }
    }

    /// What is under way need not be looked at: something else holds it up.
    pub(super) fn excuse(&mut self) {
        self.begun = None;
    }

    /// Until the next look.
    pub(super) async fn rest(&self) {
        let next = Instant::now().checked_add((self.timeout / LOOKS).max(Duration::from_millis(1)));
        let due = self.begun.as_ref().and_then(|begun| begun.pace.due());
        match next.into_iter().chain(due).min() {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(300);

    /// How long it takes until `ledger` counts as stalled while `moves` runs beside.
    async fn stalled_after(ledger: &Ledger, moves: impl Future<Output = ()>) -> Duration {
        let start = Instant::now();
        tokio::select! {
            () = ledger.stalled(Some(TIMEOUT)) => start.elapsed(),
            () = moves => panic!("it has not stalled"),
        }
    }

    async fn every_second(ledger: &Ledger, bytes: u64) {
        for _ in 0..100_000 {
            // sleep: the clock is paused, this is the time that is tested.
            tokio::time::sleep(Duration::from_secs(1)).await;
            ledger.moved(bytes);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_move_is_told_in_time() {
        for bytes in [0, 1, 100] {
            let ledger = Ledger::default();
            ledger.hand(1 << 30);
            let after = stalled_after(&ledger, every_second(&ledger, bytes)).await.as_secs();
            assert!((300..600).contains(&after), "{bytes} bytes a second: {after} s");
        }
        // After a good start too.
        let ledger = Ledger::default();
        ledger.hand(1 << 30);
        let starts = async {
            for _ in 0..1000 {
                // sleep: as above.
                tokio::time::sleep(Duration::from_secs(1)).await;
                ledger.moved(1 << 10);
            }
            std::future::pending().await
        };
        let after = stalled_after(&ledger, starts).await.as_secs();
        assert!((1300..=1338).contains(&after), "{after} s");
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_slowly_and_what_rests_never_stalls() {
        let ledger = Ledger::default();
        ledger.hand(1 << 30);
        let slow = tokio::time::timeout(TIMEOUT * 20, ledger.stalled(Some(TIMEOUT)));
        let moves = every_second(&ledger, 256);
        tokio::select! {
            slow = slow => assert!(slow.is_err()),
            () = moves => unreachable!(),
        }
        // Little ones, each of which arrives late and whole.
        let ledger = Ledger::default();
        let little = async {
            for _ in 0..1000 {
                ledger.hand(10);
                // sleep: as above.
                tokio::time::sleep(TIMEOUT / 2).await;
                ledger.moved(10);
            }
        };
        tokio::select! {
            () = ledger.stalled(Some(TIMEOUT)) => panic!("each of them arrived in time"),
            () = little => {}
        }
        let rests = tokio::time::timeout(TIMEOUT * 20, ledger.stalled(Some(TIMEOUT))).await;
        assert!(rests.is_err(), "nothing was under way");
    }

    #[tokio::test]
    async fn the_tail_is_told_when_it_is_short() {
        let ledger = Ledger::default();
        ledger.hand(TAIL_BYTES_MAX + 10);
        let waits = std::future::poll_fn(|cx| ledger.poll_nearly_clear(cx));
        let moves = async {
            tokio::task::yield_now().await;
            ledger.moved(9);
            tokio::task::yield_now().await;
            ledger.moved(1);
        };
        tokio::join!(waits, moves);
        assert_eq!(ledger.under_way(), TAIL_BYTES_MAX);
    }
}
