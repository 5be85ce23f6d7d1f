//! How many calls of one connection send much at the same time.
//!
//! A call that has the connection to itself sends a message in one frame, which its receiver can
//! use as it lies. When several do, every frame is a turn that the others wait for, so frames get
//! shorter the more calls there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many bytes of all calls together lie before a message that comes last.
const ROUND_LEN: usize = 4 << 20;
/// Below this a frame costs more than its bytes.
const TURN_LEN_MIN: usize = 64 << 10;

/// The calls of a connection that send much.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    senders: AtomicU32,
}

/// One call's place among them.
#[derive(Debug)]
pub(super) struct Sender {
    traffic: Arc<Traffic>,
    counted: bool,
}

impl Sender {
    pub(super) fn new(traffic: Arc<Traffic>) -> Self {
        Self { traffic, counted: false }
    }

    /// From now on this call sends much.
    pub(super) fn begin(&mut self) {
        if !self.counted {
            self.counted = true;
            self.traffic.senders.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// It has nothing to send for now.
    pub(super) fn rest(&mut self) {
        if self.counted {
            self.counted = false;
            self.traffic.senders.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether it counts as having nothing to send.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.counted
    }

    /// How many bytes this call may send in one frame, now that others send as well; `None` when
    /// it is alone.
    pub(super) fn turn_len(&self) -> Option<usize> {
        let senders = self.traffic.senders.load(Ordering::Relaxed) as usize;
        (senders > 1).then(|| (ROUND_LEN / senders).max(TURN_LEN_MIN))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_get_shorter_the_more_calls_send() {
        let traffic = Arc::new(Traffic::default());
        let mut senders: Vec<_> = (0..100).map(|_| Sender::new(Arc::clone(&traffic))).collect();
        let turn_len = |senders: &[Sender]| senders[0].turn_len();
        assert_eq!(turn_len(&senders), None);
        senders[0].begin();
        senders[0].begin();
        assert_eq!(turn_len(&senders), None);
        senders[1].begin();
        assert_eq!(turn_len(&senders), Some(2 << 20));
        senders.iter_mut().for_each(Sender::begin);
        assert_eq!(turn_len(&senders), Some(64 << 10));
        senders.truncate(2);
        senders[1].rest();
        senders[1].rest();
        assert_eq!(turn_len(&senders), None);
    }
}
