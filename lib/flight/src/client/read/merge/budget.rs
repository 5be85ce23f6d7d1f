//! [`Budget`]: how many bytes wait for their reader, and who waits for room.

use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

/// Bytes that are held or promised, up to a bound. Those who wait for room get it in the order of
/// their keys, and nobody overtakes: else one large batch could wait for ever.
#[derive(Debug)]
pub(super) struct Budget {
    bytes_max: usize,
    bytes_held: usize,
    waiting: BTreeMap<u64, Waiter>,
}

#[derive(Debug)]
struct Waiter {
    bytes: usize,
    is_granted: bool,
    waker: Waker,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes_held: 0, waiting: BTreeMap::new() }
    }

    /// Waits for room, which is taken when this is ready. To be followed by
    /// [`grant`](Self::grant) when it is called with a new key.
    pub(super) fn poll_take(&mut self, key: u64, bytes: usize, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker();
        let waiter = self.waiting.entry(key).or_insert_with(|| Waiter {
            bytes,
            is_granted: false,
            waker: waker.clone(),
        });
        if waiter.is_granted {
            self.waiting.remove(&key);
            return Poll::Ready(());
        }
        waiter.waker.clone_from(waker);
        Poll::Pending
    }

    /// Puts what came in the place of the room that was taken for it.
    pub(super) fn settle(&mut self, taken: usize, came: usize) {
        self.bytes_held = self.bytes_held.saturating_sub(taken).saturating_add(came);
    }

    /// Gives room to those who wait, as long as there is some. One is let in without: whoever is
    /// `favoured`, and anybody when nothing is held, or the read would stop for ever.
    pub(super) fn grant(&mut self, favoured: Option<u64>) {
        for (key, waiter) in &mut self.waiting {
            if waiter.is_granted {
                continue;
            }
            let bytes_held = self.bytes_held.saturating_add(waiter.bytes);
            let fits = bytes_held <= self.bytes_max || self.bytes_held == 0;
            if !fits && favoured != Some(*key) {
                break;
            }
            self.bytes_held = bytes_held;
            waiter.is_granted = true;
            waiter.waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a key gets its room now.
    fn take(budget: &mut Budget, key: u64, bytes: usize, favoured: Option<u64>) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        budget.poll_take(key, bytes, &mut cx).is_ready() || {
            budget.grant(favoured);
            budget.poll_take(key, bytes, &mut cx).is_ready()
        }
    }

    #[test]
    fn room_is_given_in_order_and_never_beyond_the_bound() {
        let mut budget = Budget::new(100);
        assert!(take(&mut budget, 1, 60, None));
        assert!(!take(&mut budget, 2, 60, None));
        assert!(!take(&mut budget, 3, 10, None), "the one before it waits");
        budget.settle(60, 30);
        assert!(take(&mut budget, 2, 60, None));
        assert!(take(&mut budget, 3, 10, None));
        assert!(!take(&mut budget, 4, 1, None));
        assert_eq!(budget.bytes_held, 100);
    }

    #[test]
    fn somebody_can_always_go_on() {
        let mut budget = Budget::new(10);
        assert!(take(&mut budget, 1, 1000, None), "nothing is held");
        assert!(!take(&mut budget, 2, 1, None));
        assert!(!take(&mut budget, 3, 1, Some(2)));
        assert!(take(&mut budget, 2, 1, Some(2)));
        budget.settle(1001, 0);
        assert!(take(&mut budget, 3, 1, None));
    }
}
