//! Counts what was handed over to be moved against what has moved, and tells when it stalls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::{Instant, sleep_until};

use super::pace::Pace;

/// How often a watcher looks within one timeout. A stall is noticed this part of it late.
const LOOKS: u32 = 8;

/// Nobody waits for bytes to move.
const NOBODY: u64 = u64::MAX;

/// Two running totals of bytes: what was handed over, and what of that has moved.
#[derive(Debug)]
pub(crate) struct Ledger {
    handed: AtomicU64,
    moved: AtomicU64,
    /// Who waits until no more than [`wanted`](Self::wanted) bytes are under way.
    waker: AtomicWaker,
    wanted: AtomicU64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            handed: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            wanted: AtomicU64::new(NOBODY),
        }
    }
}

impl Ledger {
    /// So many bytes are to be moved from now on.
    pub(crate) fn hand(&self, bytes: u64) {
        self.handed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes were moved, or will not be.
    pub(crate) fn moved(&self, bytes: u64) {
        let moved = self.moved.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let wanted = self.wanted.load(Ordering::SeqCst);
        if wanted != NOBODY && self.handed.load(Ordering::Acquire).saturating_sub(moved) <= wanted {
            self.wanted.store(NOBODY, Ordering::Relaxed);
            self.waker.wake();
        }
    }

    /// All that has been moved so far, and this much more, is what was handed over.
    pub(super) fn owe(&self, bytes: u64) {
        self.handed.store(self.moved.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }

    /// How many bytes have moved so far.
    pub(super) fn total_moved(&self) -> u64 {
        self.moved.load(Ordering::Acquire)
    }

    /// How many bytes are still to be moved.
    pub(crate) fn under_way(&self) -> u64 {
        let handed = self.handed.load(Ordering::Acquire);
        handed.saturating_sub(self.moved.load(Ordering::SeqCst))
    }

    /// Pending while more than `bytes` are under way. For one task only.
    pub(crate) fn poll_below(&self, bytes: u64, cx: &mut Context<'_>) -> Poll<()> {
        if self.under_way() <= bytes {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // Told before the second look: bytes that move in between are seen by one of the two.
        self.wanted.store(bytes, Ordering::SeqCst);
        if self.under_way() <= bytes { Poll::Ready(()) } else { Poll::Pending }
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
    async fn who_waits_for_less_is_told() {
        let ledger = Ledger::default();
        ledger.hand(100);
        let waits = std::future::poll_fn(|cx| ledger.poll_below(90, cx));
        let moves = async {
            tokio::task::yield_now().await;
            ledger.moved(9);
            tokio::task::yield_now().await;
            ledger.moved(1);
        };
        tokio::join!(waits, moves);
        assert_eq!(ledger.under_way(), 90);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(ledger.poll_below(89, &mut cx).is_pending());
        assert!(ledger.poll_below(90, &mut cx).is_ready());
    }
}
