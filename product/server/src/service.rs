//! The Flight service over a store: one file for each thing it answers.

mod action;
mod get;
mod info;
mod list;
mod put;
mod renew;

use tokio_util::sync::CancellationToken;
use wingbeat::{
    Action, ActionResult, ActionType, BatchStream, CallContext, Criteria, Error, FlightDescriptor,
    FlightEndpoint, FlightInfo, FlightService, Permission, RenewFlightEndpointRequest, ReplyStream,
    Result, SchemaResult, Ticket, Upload,
};
use wingbeat_store::{DatasetName, SplitOptions, Store, StoreError};

use crate::budget::Budget;
use crate::cluster::Tickets;
use crate::config::ServeConfig;
use crate::status::{IntoFlight, status};

/// Whether a listener takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// Uploads and drops are done.
    Allowed,
    /// They are refused, for this reason.
    Refused(&'static str),
}

/// A [`FlightService`] over a [`Store`]. Cheap to clone; clones share their limits.
#[derive(Debug, Clone)]
pub(crate) struct StoreService {
    store: Store,
    budget: Budget,
    writes: Writes,
    split: SplitOptions,
    tickets: Tickets,
    /// Whether callers may know only of some datasets, so that none is told of others.
    is_discreet: bool,
    stopping: CancellationToken,
}

impl StoreService {
    /// A service over `store` with the limits of `config`.
    pub(crate) fn new(store: Store, config: &ServeConfig, tickets: Tickets) -> Self {
        Self {
            tickets,
            store,
            budget: Budget::new(config.memory_limit_bytes, config.max_uploads, config.room_wait),
            writes: Writes::Allowed,
            split: config.split(),
            is_discreet: false,
            stopping: CancellationToken::new(),
        }
    }

    /// The same service, sharing its limits, for a listener with other rights.
    #[must_use]
    pub(crate) fn with_writes(&self, writes: Writes) -> Self {
        Self { writes, ..self.clone() }
    }

    /// The same service, which never names a dataset that it was not asked about, if `is_discreet`.
    #[must_use]
    pub(crate) fn with_discretion(self, is_discreet: bool) -> Self {
        Self { is_discreet, ..self }
    }

    /// The same service, whose uploads are given up once `stopping` is cancelled.
    #[must_use]
    pub(crate) fn with_stopping(self, stopping: CancellationToken) -> Self {
        Self { stopping, ..self }
    }

    /// Runs `work`, which may block, off the I/O threads.
    async fn blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(store)).await?;
        done.map_err(|error| status(self.discreet(error)))
    }

    /// Leaves out what near names there are, where the caller may not know of all of them.
    fn discreet(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::NotFound { name, .. } if self.is_discreet => {
                StoreError::NotFound { name, hint: None }
            }
            error => error,
        }
    }

    /// Refuses what the caller may not do with a dataset, before anybody looks whether it is
    /// there.
    async fn authorize(&self, cx: &CallContext, permission: Permission, name: &str) -> Result<()> {
        let name = DatasetName::parse(name).into_flight()?;
        cx.authorize(permission, name.as_str()).await
    }

    /// Refuses what the caller may not do with all there is.
    async fn authorize_all(&self, cx: &CallContext, permission: Permission) -> Result<()> {
        cx.authorize(permission, "").await
    }

    /// Refuses where this listener takes no writes.
    fn check_writes(&self) -> Result<()> {
        match self.writes {
            Writes::Allowed => Ok(()),
            Writes::Refused(reason) => Err(Error::permission_denied(reason)),
        }
    }
}

impl FlightService for StoreService {
    async fn list_flights(
        &self,
        cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        self.list(cx, &criteria).await
    }

    async fn get_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        self.info(cx, descriptor).await
    }

    async fn get_schema(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<SchemaResult> {
        self.schema(cx, &descriptor).await
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        self.get(cx, &ticket).await
    }

    async fn do_put(&self, cx: &CallContext, upload: Upload) -> Result<()> {
        self.put(cx, upload).await
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        self.action(cx, action).await
    }

    async fn renew_flight_endpoint(
        &self,
        cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        self.renew(cx, request.endpoint.unwrap_or_default()).await
    }

    async fn list_actions(&self, cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        let of_the_server = cx.actions().to_vec();
        Ok(ReplyStream::from_iter(action::action_types().into_iter().chain(of_the_server)))
    }
}
