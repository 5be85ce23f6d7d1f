//! [`PollQueries`]: the queries that a service runs in the background.

use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::message::{
    CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightDescriptor, FlightInfo,
    PollInfo,
};

use super::QueryProgress;
use super::id::PollDescriptor;
use super::query::{Query, State, panicked};
use crate::{CallContext, Error, PeerIdentity, Permission, Result};

/// How long a query is kept that nobody asks for: a client that lost its connection is back then.
const EXPIRY: Duration = Duration::from_secs(60);
/// How long an answer is held back that would say nothing new. Less than what the proxies on the
/// way take for a dead connection, usually a minute.
const HOLD_MAX: Duration = Duration::from_secs(20);
/// What the first answer waits for, so that a fast query is one call. A person does not notice.
const FIRST_HOLD: Duration = Duration::from_millis(20);
/// How many queries there may be.
const QUERIES_MAX: usize = 1000;
/// How many of them may be one caller's: ten callers that go wrong leave nobody without.
const CALLER_QUERIES_MAX: usize = 100;

/// Turns a slow `get_flight_info` into one that can be polled for. A service keeps one of these and
/// calls it from two methods:
///
/// ```
/// use std::sync::Arc;
/// use wingbeat::{
///     CallContext, CancelFlightInfoRequest, CancelFlightInfoResult, FlightDescriptor, FlightInfo,
///     FlightService, PollInfo, PollQueries, Result,
/// };
///
/// struct Engine;
///
/// impl Engine {
///     /// Takes minutes.
///     async fn run(&self, _descriptor: FlightDescriptor) -> Result<FlightInfo> {
///         Ok(FlightInfo::default())
///     }
/// }
///
/// struct Service {
///     engine: Arc<Engine>,
///     queries: PollQueries,
/// }
///
/// impl FlightService for Service {
///     async fn poll_flight_info(
///         &self,
///         cx: &CallContext,
///         descriptor: FlightDescriptor,
///     ) -> Result<PollInfo> {
///         let engine = self.engine.clone();
///         let run = |descriptor, _progress| async move { engine.run(descriptor).await };
///         self.queries.poll(cx, descriptor, run).await
///     }
///
///     async fn cancel_flight_info(
///         &self,
///         cx: &CallContext,
///         request: CancelFlightInfoRequest,
///     ) -> Result<CancelFlightInfoResult> {
///         self.queries.cancel(cx, &request).await
///     }
/// }
/// ```
///
/// The first poll with a descriptor starts the query and is answered at once, or when it is
/// complete if that is soon. Further ones name the state that their caller knows, and are answered
/// when there is a newer one: a descriptor that is not the latest works too, and gets the latest
/// state. Answers are held for 20 seconds at most; one that says nothing new is as good as any.
/// What a caller has seen stays: endpoints are only appended.
///
/// A query that nobody asks for during the expiry (a minute by default, which every answer tells)
/// is ended and forgotten, and so is one whose result is there. Queries belong to the
/// [peer](CallContext::peer_identity) that started them: to others they do not exist. Clones share
/// the queries; they end with the last one.
#[derive(Clone)]
pub struct PollQueries {
    shared: Arc<Shared>,
    expiry: Duration,
    queries_max: usize,
    caller_queries_max: usize,
}

#[derive(Default)]
struct Shared(Mutex<HashMap<u128, Arc<Query>>>);

impl PollQueries {
    /// Up to 1000 queries and 100 of a caller, each forgotten when nobody has asked for it for a
    /// minute.
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
            expiry: EXPIRY,
            queries_max: QUERIES_MAX,
            caller_queries_max: CALLER_QUERIES_MAX,
        }
    }

    /// Sets how long a query is kept that nobody asks for.
    #[must_use]
    pub fn with_expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry;
        self
    }

    /// Sets how many queries there may be, those counted whose result is there and not forgotten.
    #[must_use]
    pub fn with_queries_max(mut self, max: usize) -> Self {
        self.queries_max = max;
        self
    }

    /// Sets how many of them may be one caller's. Where nobody says who calls, all queries belong
    /// to nobody, and only [`with_queries_max`](Self::with_queries_max) counts.
    #[must_use]
    pub fn with_caller_queries_max(mut self, max: usize) -> Self {
        self.caller_queries_max = max;
        self
    }

    /// Answers PollFlightInfo. For a descriptor that is not one of its own, it starts a query:
    /// `run` makes its work, which says what it has on the way, and whose endpoints come behind
    /// those that it has handed out before. The server's
    /// [authorizers](crate::Server::authorizer) are asked each time whether the caller may read
    /// what the query was started for.
    ///
    /// # Errors
    /// NOT_FOUND for a query that was forgotten, cancelled or started by somebody else;
    /// PERMISSION_DENIED where the caller may no longer read that; RESOURCE_EXHAUSTED when there
    /// are too many; and the query's own, as often as it is asked for.
    ///
    /// # Cancel safety
    /// Cancel-safe: the query goes on, and can be asked for.
    pub async fn poll<F, W>(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
        run: F,
    ) -> Result<PollInfo>
    where
        F: FnOnce(FlightDescriptor, QueryProgress) -> W,
        W: Future<Output = Result<FlightInfo>> + Send + 'static,
    {
        let (query, version, hold) = match PollDescriptor::decode(&descriptor) {
            Some(PollDescriptor { id, version }) => {
                (self.find(cx, id).await?, version, HOLD_MAX.min(self.expiry / 2))
            }
            None => (self.start(cx, descriptor, run)?, 0, FIRST_HOLD),
        };
        query.used.touch();
        // Whether it changed or not: this is the answer.
        let _ = tokio::time::timeout(hold, query.changed(version)).await;
        query.poll_info(self.expiry)
    }

    /// Answers `CancelFlightInfo` for the FlightInfo of a query that runs: its work is dropped. The
    /// server's [authorizers](crate::Server::authorizer) are asked as in [`poll`](Self::poll).
    ///
    /// # Errors
    /// NOT_FOUND for any other; PERMISSION_DENIED where the caller may no longer read what the
    /// query was started for.
    ///
    /// # Cancel safety
    /// Cancel-safe: the query is cancelled or it is not.
    pub async fn cancel(
        &self,
        cx: &CallContext,
        request: &CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        let descriptor = request.info.as_ref().and_then(|info| info.flight_descriptor.as_ref());
        let named = descriptor.and_then(PollDescriptor::decode);
        let PollDescriptor { id, .. } = named.ok_or_else(not_found)?;
        let query = self.find(cx, id).await?;
        self.shared.queries().remove(&id);
        // Whoever waits for it now is told.
        let cancelled = Error::cancelled("the query was cancelled");
        query.state.send_modify(|state| {
            if state.outcome.is_none() {
                state.finish(Err(cancelled));
            }
        });
        query.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(CancelStatus::Cancelled.into())
    }

    /// A query of this caller, who still may ask for it.
    async fn find(&self, cx: &CallContext, id: u128) -> Result<Arc<Query>> {
        let query = self.shared.queries().get(&id).cloned().ok_or_else(not_found)?;
        if query.owner.as_ref() != cx.identity() {
            tracing::warn!("a query was asked for by somebody else than who started it");
            return Err(not_found());
        }
        cx.authorize_descriptor(Permission::Read, &query.asked).await?;
        Ok(query)
    }

    fn start<F, W>(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
        run: F,
    ) -> Result<Arc<Query>>
    where
        F: FnOnce(FlightDescriptor, QueryProgress) -> W,
        W: Future<Output = Result<FlightInfo>> + Send + 'static,
    {
        let id = uuid::Uuid::new_v4().as_u128();
        let query = Arc::new(Query::new(id, cx.identity().cloned(), descriptor.clone()));
        {
            let mut queries = self.shared.queries();
            self.check_room(&queries, query.owner.as_ref())?;
            queries.insert(id, query.clone());
        }
        let work = run(descriptor, QueryProgress { state: query.state.clone() });
        let (shared, state, used) =
            (Arc::downgrade(&self.shared), query.state.clone(), query.used.clone());
        let expiry = self.expiry;
        // Holds no query, so that one that is dropped takes its task with it.
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            drive(work, &state, used.idle(expiry)).await;
            if let Some(shared) = shared.upgrade() {
                shared.queries().remove(&id);
            }
        }));
        *query.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok(query)
    }

    /// Whether there is room for one more query of this caller.
    fn check_room(
        &self,
        queries: &HashMap<u128, Arc<Query>>,
        owner: Option<&PeerIdentity>,
    ) -> Result<()> {
        let of_caller = || queries.values().filter(|query| query.owner.as_ref() == owner).count();
        let text = if queries.len() >= self.queries_max {
            format!("there are {} queries, and no more are allowed", queries.len())
        } else if owner.is_some() && of_caller() >= self.caller_queries_max {
            format!("the caller has {} queries, and may have no more", self.caller_queries_max)
        } else {
            return Ok(());
        };
        Err(Error::resource_exhausted(text))
    }
}

/// Runs the work of a query, and returns when nobody asks for the query any more.
async fn drive(
    work: impl Future<Output = Result<FlightInfo>> + Send,
    state: &watch::Sender<State>,
    idle: impl Future<Output = ()> + Send,
) {
    let work = AssertUnwindSafe(work).catch_unwind();
    tokio::pin!(idle);
    tokio::select! {
        () = &mut idle => {}
        outcome = work => {
            let outcome = outcome.unwrap_or_else(|_panic| Err(panicked()));
            state.send_modify(|state| state.finish(outcome));
            idle.await;
        }
    }
}

impl Shared {
    fn queries(&self) -> MutexGuard<'_, HashMap<u128, Arc<Query>>> {
        // Whatever panicked in here left whole queries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same answer for what was forgotten and what is another's.
fn not_found() -> Error {
    Error::not_found("there is no such query, or no longer")
}

impl Default for PollQueries {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PollQueries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollQueries")
            .field("expiry", &self.expiry)
            .field("queries_max", &self.queries_max)
            .field("caller_queries_max", &self.caller_queries_max)
            .field("queries", &self.shared.queries().len())
            .finish()
    }
}
