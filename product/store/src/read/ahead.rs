//! How far decoding may be ahead of a reader, in bytes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What is decoded and not yet taken, against a bound that begins narrow, so that a reader that
/// wants one batch costs one batch, and widens by what the reader takes.
#[derive(Debug)]
pub(super) struct Ahead {
    bytes_max: usize,
    state: Mutex<State>,
    taken: Notify,
}

#[derive(Debug)]
struct State {
    /// Bytes that wait.
    held: usize,
    /// Bytes that may wait before no more is decoded.
    allowed: usize,
}

impl Ahead {
    /// Nothing is decoded, and one batch may be.
    pub(super) fn new(bytes_max: usize) -> Self {
        let state = Mutex::new(State { held: 0, allowed: 1 });
        Self { bytes_max: bytes_max.max(1), state, taken: Notify::new() }
    }

    /// Counts a batch that was decoded.
    pub(super) fn add(&self, bytes: usize) {
        let mut state = self.state();
        state.held = state.held.saturating_add(bytes);
    }

    /// Counts a batch that was taken.
    pub(super) fn take(&self, bytes: usize) {
        let mut state = self.state();
        state.held = state.held.saturating_sub(bytes);
        state.allowed = state.allowed.saturating_add(bytes).min(self.bytes_max);
        drop(state);
        self.taken.notify_one();
    }

    /// Whether another batch may be decoded. It may pass the bound by itself, and nothing else.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        state.held < state.allowed
    }

    /// Waits until another batch may be decoded. For one task; cancel-safe.
    pub(super) async fn room(&self) {
        while !self.has_room() {
            self.taken.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn it_begins_with_one_batch_and_widens_to_the_bound_as_batches_are_taken() {
        let ahead = Ahead::new(25);
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let mut batches = 0;
            while ahead.has_room() {
                ahead.add(10);
                batches += 1;
            }
            waiting.push(batches);
            // All that wait are taken.
            (0..batches).for_each(|_| ahead.take(10));
        }
        assert_eq!(waiting, [1, 2, 3, 3, 3]);
    }

    #[tokio::test]
    async fn room_comes_with_a_batch_that_is_taken() {
        let ahead = Ahead::new(25);
        ahead.room().await;
        ahead.add(10);
        assert!(ahead.room().now_or_never().is_none());
        let room = ahead.room();
        let take = async { ahead.take(10) };
        futures_util::future::join(room, take).await;
    }
}
