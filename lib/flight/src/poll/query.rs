//! One query: its state, and what its work says of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::message::{FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo};

use super::id::PollDescriptor;
use crate::{Error, PeerIdentity, Result};

/// What is known of a query, and how often that has changed.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) version: u64,
    info: FlightInfo,
    progress: Option<f64>,
    /// `None` while it runs.
    pub(super) outcome: Option<Result<()>>,
}

impl State {
    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.version += 1;
    }

    /// The work is over. What it returns comes behind what it has said before.
    pub(super) fn finish(&mut self, outcome: Result<FlightInfo>) {
        self.change(|state| {
            state.outcome = Some(outcome.map(|mut info| {
                let mut endpoints = std::mem::take(&mut state.info.endpoints);
                endpoints.append(&mut info.endpoints);
                info.endpoints = endpoints;
                state.info = info;
            }));
        });
    }
}

/// A query that was begun and is not forgotten yet.
pub(super) struct Query {
    id: u128,
    pub(super) owner: Option<PeerIdentity>,
    pub(super) asked: FlightDescriptor,
    pub(super) state: watch::Sender<State>,
    pub(super) used: Used,
    /// Its work. Dropping it ends that.
    pub(super) task: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl Query {
    pub(super) fn new(id: u128, owner: Option<PeerIdentity>, asked: FlightDescriptor) -> Self {
        let (state, task) = (watch::Sender::default(), Mutex::default());
        Self { id, owner, asked, state, used: Used::now(), task }
    }

    /// What a caller is told now, who may ask again within `expiry`.
    pub(super) fn poll_info(&self, expiry: Duration) -> Result<PollInfo> {
        self.used.touch();
        let state = self.state.borrow().clone();
        let mut info = state.info;
        match state.outcome {
            Some(Ok(())) => {
                info.flight_descriptor.get_or_insert_with(|| self.asked.clone());
                Ok(PollInfo::complete(info))
            }
            Some(Err(error)) => Err(error),
            None => {
                let next = PollDescriptor { id: self.id, version: state.version }.encode();
                // By this the query is found when the info is to be cancelled.
                info.flight_descriptor = Some(next.clone());
                let mut poll = PollInfo::running(info, next);
                poll.progress = state.progress;
                Ok(match SystemTime::now().checked_add(expiry) {
                    Some(time) => poll.with_expiration_time(time),
                    None => poll,
                })
            }
        }
    }

    /// Waits until there is something newer than `version`.
    pub(super) async fn changed(&self, version: u64) {
        let mut state = self.state.subscribe();
        // The sender is in self, so it cannot be gone.
        let _ = state.wait_for(|state| state.version > version || state.outcome.is_some()).await;
    }
}

/// When a query was asked for last.
#[derive(Clone)]
pub(super) struct Used(Arc<Mutex<Instant>>);

impl Used {
    fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Waits until nobody has asked for so long.
    pub(super) async fn idle(self, timeout: Duration) {
        loop {
            let used = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(end) = used.checked_add(timeout) else { return std::future::pending().await };
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// What the work of a query says on its way, see [`PollQueries::poll`](super::PollQueries::poll).
#[derive(Debug, Clone)]
pub struct QueryProgress {
    pub(super) state: watch::Sender<State>,
}

impl QueryProgress {
    /// Says how much is done, 0 to 1.
    pub fn set_progress(&self, progress: f64) {
        self.change(|state| state.progress = Some(progress.clamp(0.0, 1.0)));
    }

    /// Hands out an endpoint, which can be read from now on.
    pub fn append(&self, endpoint: FlightEndpoint) {
        self.change(|state| state.info.endpoints.push(endpoint));
    }

    /// Says what is known of the flight but its endpoints: the schema, say, or whether it is
    /// ordered.
    pub fn describe(&self, info: FlightInfo) {
        self.change(|state| {
            let endpoints = std::mem::take(&mut state.info.endpoints);
            state.info = FlightInfo { endpoints, ..info };
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(|state| {
            // Whoever speaks after the end is not heard.
            if state.outcome.is_none() {
                state.change(change);
            }
        });
    }
}

/// The error of work that panicked.
pub(super) fn panicked() -> Error {
    Error::internal("the query panicked")
}
