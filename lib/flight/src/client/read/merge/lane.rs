//! [`Lane`]: an endpoint's way into the queues.

use std::future::poll_fn;
use std::sync::Arc;

use super::queues::Queues;
use crate::{Error, FlightStreamChunk, Result};

/// What one worker hands on of one endpoint. Dropped before it was finished, it is an error: its
/// reader would wait for ever.
#[derive(Debug)]
pub(super) struct Lane {
    queues: Arc<Queues>,
    index: usize,
    is_over: bool,
}

impl Lane {
    pub(super) fn new(queues: Arc<Queues>, index: usize) -> Self {
        Self { queues, index, is_over: false }
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Waits for room for so many bytes.
    pub(super) async fn room(&self, bytes: usize) {
        let key = self.queues.key(self.index);
        poll_fn(|cx| self.queues.poll_room(key, bytes, cx)).await;
    }

    /// Its schema is known.
    pub(super) fn open(&self) {
        self.queues.open(self.index);
    }

    /// Hands on chunks, each with its bytes, for which `room` was taken.
    pub(super) fn push(&self, chunks: Vec<(FlightStreamChunk, usize)>, room: usize) {
        self.queues.push(self.index, chunks, room);
    }

    /// Takes everything back, if its reader has nothing yet.
    pub(super) fn retract(&self) -> bool {
        self.queues.retract(self.index)
    }

    /// Waits for its turn.
    pub(super) async fn turn(&self) {
        poll_fn(|cx| self.queues.poll_turn(self.index, cx)).await;
    }

    pub(super) fn finish(mut self, outcome: Result<()>) {
        self.is_over = true;
        self.queues.finish(self.index, outcome);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if !self.is_over {
            let error = Error::internal("the task that read an endpoint is gone");
            self.queues.finish(self.index, Err(error));
        }
    }
}
