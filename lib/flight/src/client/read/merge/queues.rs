//! [`Queues`]: what workers have read and nobody has taken yet.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::budget::Budget;
use super::lane::Lane;
use crate::{Error, FlightStreamChunk, Result};

/// Between the workers and the reader of a flight. In order there is a queue for each endpoint that
/// is open, and the reader takes from the one whose turn it is; else there is one for all.
#[derive(Debug)]
pub(super) struct Queues {
    is_ordered: bool,
    endpoints: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The endpoint that is given out next.
    next: usize,
    /// The queue whose turn it is; always 0 without order.
    turn: usize,
    /// How many endpoints are over.
    over: usize,
    /// Keys of those who wait for room, without order.
    next_key: u64,
    queues: BTreeMap<usize, Queue>,
    budget: Budget,
    reader: Option<Waker>,
    /// Workers that wait for the turn of their endpoints.
    waiting: BTreeMap<usize, Waker>,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: VecDeque<(FlightStreamChunk, usize)>,
    failure: Option<Error>,
    is_open: bool,
    /// Whether the reader has anything of it.
    is_taken: bool,
    is_over: bool,
}

impl Queues {
    pub(super) fn new(endpoints: usize, is_ordered: bool, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            is_ordered,
            endpoints,
            state: Mutex::new(State {
                next: 0,
                turn: 0,
                over: 0,
                next_key: 0,
                queues: BTreeMap::new(),
                budget: Budget::new(bytes_max),
                reader: None,
                waiting: BTreeMap::new(),
            }),
        })
    }

    /// The next endpoint that nobody reads; `None` when all are given out.
    pub(super) fn next_lane(self: &Arc<Self>) -> Option<Lane> {
        let mut state = self.state();
        let index = state.next;
        if index >= self.endpoints {
            return None;
        }
        state.next += 1;
        state.queues.entry(self.queue_of(index)).or_default();
        drop(state);
        Some(Lane::new(self.clone(), index))
    }

    /// A key to wait for room with.
    pub(super) fn key(&self, index: usize) -> u64 {
        if self.is_ordered {
            return index as u64;
        }
        let mut state = self.state();
        state.next_key += 1;
        state.next_key
    }

    /// Waits for room.
    pub(super) fn poll_room(&self, key: u64, bytes: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.budget.poll_take(key, bytes, cx).is_ready() {
            return Poll::Ready(());
        }
        self.grant(&mut state);
        state.budget.poll_take(key, bytes, cx)
    }

    /// An endpoint is open.
    pub(super) fn open(&self, index: usize) {
        let mut state = self.state();
        if let Some(queue) = state.queues.get_mut(&self.queue_of(index)) {
            queue.is_open = true;
        }
        state.wake_reader(self.queue_of(index));
    }

    /// Puts chunks, each with its bytes, in the place of the room that was taken for them.
    pub(super) fn push(&self, index: usize, chunks: Vec<(FlightStreamChunk, usize)>, room: usize) {
        let bytes = chunks.iter().map(|(_, bytes)| bytes).sum();
        let mut state = self.state();
        state.budget.settle(room, bytes);
        if let Some(queue) = state.queues.get_mut(&self.queue_of(index)) {
            queue.chunks.extend(chunks);
        }
        state.wake_reader(self.queue_of(index));
        self.grant(&mut state);
    }

    /// An endpoint is over.
    pub(super) fn finish(&self, index: usize, outcome: Result<()>) {
        let mut state = self.state();
        state.over += 1;
        if outcome.is_err() {
            // What comes behind it will not be read.
            state.next = self.endpoints;
        }
        if let Some(queue) = state.queues.get_mut(&self.queue_of(index)) {
            queue.is_over = self.is_ordered;
            if let Err(error) = outcome {
                queue.failure.get_or_insert(error);
            }
        }
        state.wake_reader(self.queue_of(index));
    }

    /// Takes back what came of an endpoint, if the reader has nothing of it yet.
    pub(super) fn retract(&self, index: usize) -> bool {
        if !self.is_ordered {
            return false;
        }
        let mut state = self.state();
        let queue = state.queues.get_mut(&index).filter(|queue| !queue.is_taken);
        let Some(queue) = queue else { return false };
        let bytes = queue.chunks.drain(..).map(|(_, bytes)| bytes).sum();
        state.budget.settle(bytes, 0);
        self.grant(&mut state);
        true
    }

    /// Waits until it is an endpoint's turn.
    pub(super) fn poll_turn(&self, index: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if !self.is_ordered || state.turn >= index {
            return Poll::Ready(());
        }
        state.waiting.insert(index, cx.waker().clone());
        Poll::Pending
    }

    /// Waits until the reader could begin: an endpoint is open, in order the first one.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut state = self.state();
        let turn = state.turn;
        match state.queues.get_mut(&turn) {
            Some(queue) if queue.is_open => return Poll::Ready(Ok(())),
            Some(Queue { failure: failure @ Some(_), .. }) => {
                return Poll::Ready(failure.take().map_or(Ok(()), Err));
            }
            _ => {}
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The next chunk; `None` at the end.
    pub(super) fn poll_next(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<FlightStreamChunk>>> {
        let mut state = self.state();
        loop {
            let turn = state.turn;
            if let Some(queue) = state.queues.get_mut(&turn) {
                if let Some((chunk, bytes)) = queue.chunks.pop_front() {
                    queue.is_taken = true;
                    state.budget.settle(bytes, 0);
                    self.grant(&mut state);
                    return Poll::Ready(Some(Ok(chunk)));
                }
                if let Some(error) = queue.failure.take() {
                    return Poll::Ready(Some(Err(error)));
                }
                if queue.is_over {
                    self.turn_over(&mut state);
                    continue;
                }
            }
            if state.over == self.endpoints {
                return Poll::Ready(None);
            }
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
    }

    fn turn_over(&self, state: &mut State) {
        let turn = state.turn;
        state.queues.remove(&turn);
        state.turn += 1;
        if let Some(waker) = state.waiting.remove(&state.turn) {
            waker.wake();
        }
        self.grant(state);
    }

    /// Gives out room. The endpoint whose turn it is gets some in any case when all of it was
    /// taken: the reader waits for that one, whatever the others hold.
    fn grant(&self, state: &mut State) {
        let turn = state.queues.get(&state.turn);
        let is_starving = self.is_ordered && turn.is_some_and(|queue| queue.chunks.is_empty());
        let favoured = is_starving.then_some(state.turn as u64);
        state.budget.grant(favoured);
    }

    fn queue_of(&self, index: usize) -> usize {
        if self.is_ordered { index } else { 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake_reader(&mut self, queue: usize) {
        if queue == self.turn
            && let Some(waker) = self.reader.take()
        {
            waker.wake();
        }
    }
}
