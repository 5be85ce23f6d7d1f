//! The rule of progress: every 256 bytes buy a second, up to the stall timeout.
//!
//! What a peer has begun and what it is waited for has a budget of time, the stall timeout. Time
//! uses it up and bytes fill it again, so one that sends nothing more is ended after the timeout,
//! one that trickles soon after it, and a link that moves 256 bytes a second is never too slow.

use std::time::Duration;

use tokio::time::Instant;

/// How many bytes buy a second. The slowest links that people work over, a modem or a satellite's
/// lowest tariff, move ten times as much.
const BYTES_A_SECOND: u64 = 256;

/// The time budget of one thing that is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    timeout: Duration,
    /// When it is too late; `None` for times that the clock cannot tell.
    due: Option<Instant>,
}

impl Pace {
    /// A full budget.
    pub(super) fn full(timeout: Duration, now: Instant) -> Self {
        Self { timeout, due: now.checked_add(timeout) }
    }

    /// Fills the budget with what these bytes buy.
    pub(super) fn pay(&mut self, bytes: u64, now: Instant) {
        let bought = Duration::from_micros(bytes.saturating_mul(1_000_000) / BYTES_A_SECOND);
        let due = self.due.and_then(|due| due.checked_add(bought.min(self.timeout)));
        self.due = due.min(now.checked_add(self.timeout));
    }

    /// When the budget is used up, unless bytes fill it before.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether the budget is used up.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(300);

    /// For how many seconds a peer lasts that moves `bytes` every second.
    fn seconds(bytes: u64) -> Option<u64> {
        let start = Instant::now();
        let mut pace = Pace::full(TIMEOUT, start);
        (1..10_000).find(|&second| {
            let now = start + Duration::from_secs(second);
            let over = pace.is_over(now);
            pace.pay(bytes, now);
            over
        })
    }

    #[test]
    fn silence_a_trickle_and_a_slow_link() {
        assert_eq!(seconds(0), Some(300));
        assert_eq!(seconds(1), Some(302));
        assert_eq!(seconds(128), Some(599));
        assert_eq!(seconds(256), None);
    }

    #[test]
    fn bytes_buy_no_more_than_the_timeout() {
        let start = Instant::now();
        let mut pace = Pace::full(TIMEOUT, start);
        pace.pay(u64::MAX, start);
        assert!(!pace.is_over(start + TIMEOUT - Duration::from_secs(1)));
        assert!(pace.is_over(start + TIMEOUT));
    }

    #[test]
    fn times_too_long_to_tell_never_come() {
        let now = Instant::now();
        let mut pace = Pace::full(Duration::MAX, now);
        pace.pay(1, now);
        assert!(pace.due().is_none() && !pace.is_over(now));
    }
}
