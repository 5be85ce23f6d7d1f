//! An iterator that blocks, read as a stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::JoinHandle;
use wingbeat_wire::data::FlightStreamChunk;

use crate::{Error, Result};

/// How many chunks one visit to a blocking thread makes at most. While these are read the next
/// visit makes as many, so that twice this is in memory.
const VISIT_CHUNKS_MAX: usize = 2;

/// Pulls an iterator on tokio's blocking threads. Between visits it holds no thread, so that any
/// number of stalled readers leave the threads to others.
pub(super) struct Blocking<I> {
    ready: VecDeque<Result<FlightStreamChunk>>,
    state: State<I>,
}

enum State<I> {
    Idle(I),
    Visiting(JoinHandle<Visit<I>>),
    Done,
}

struct Visit<I> {
    chunks: VecDeque<Result<FlightStreamChunk>>,
    /// `None` once it is exhausted or has failed.
    iter: Option<I>,
}

impl<I> Blocking<I>
where
    I: Iterator<Item = Result<FlightStreamChunk>> + Send + 'static,
{
    pub(super) fn new(iter: I) -> Self {
        Self { ready: VecDeque::new(), state: State::Idle(iter) }
    }

    /// Starts a visit unless one is on the way or nothing is left.
    fn start(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Idle(iter) => State::Visiting(tokio::task::spawn_blocking(|| visit(iter))),
            other => other,
        };
    }
}

// The iterator is only ever moved.
impl<I> Unpin for Blocking<I> {}

impl<I> Stream for Blocking<I>
where
    I: Iterator<Item = Result<FlightStreamChunk>> + Send + 'static,
{
    type Item = Result<FlightStreamChunk>;

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<FlightStreamChunk>>> {
        let this = self.get_mut();
        loop {
            this.start();
            if let Some(chunk) = this.ready.pop_front() {
                return Poll::Ready(Some(chunk));
            }
            let State::Visiting(visit) = &mut this.state else { return Poll::Ready(None) };
            match ready!(Pin::new(visit).poll(cx)) {
                Ok(visit) => {
                    this.ready = visit.chunks;
                    this.state = visit.iter.map_or(State::Done, State::Idle);
                }
                Err(error) => {
                    this.state = State::Done;
                    return Poll::Ready(Some(Err(Error::from(error))));
                }
            }
        }
    }
}

fn visit<I: Iterator<Item = Result<FlightStreamChunk>>>(mut iter: I) -> Visit<I> {
    let mut chunks = VecDeque::with_capacity(VISIT_CHUNKS_MAX);
    while chunks.len() < VISIT_CHUNKS_MAX {
        let Some(item) = iter.next() else { return Visit { chunks, iter: None } };
        let failed = item.is_err();
        chunks.push_back(item);
        if failed {
            return Visit { chunks, iter: None };
        }
    }
    Visit { chunks, iter: Some(iter) }
}
