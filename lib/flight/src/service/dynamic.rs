//! [`DynFlightService`]: a service whose type is erased.

use std::future::Future;
use std::pin::Pin;

use wingbeat_wire::message::{
    Action, ActionResult, ActionType, Criteria, FlightDescriptor, FlightInfo, PollInfo,
    SchemaResult, Ticket,
};

use super::FlightService;
use crate::{BatchStream, CallContext, Exchange, Handshake, ReplyStream, Result, Upload};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// [`FlightService`] as an object. Every service is one, and `Arc<dyn DynFlightService>` is a
/// service again, so that services of different types fit in one list.
///
/// ```
/// use std::sync::Arc;
/// use wingbeat::{DynFlightService, FlightService};
///
/// struct Empty;
/// impl FlightService for Empty {}
///
/// fn is_a_service(_: impl FlightService) {}
///
/// # fn main() {
/// let services: Vec<Arc<dyn DynFlightService>> = vec![Arc::new(Empty)];
/// services.into_iter().for_each(is_a_service);
/// # }
/// ```
pub trait DynFlightService: Send + Sync + 'static {
    /// See [`FlightService::handshake`].
    fn dyn_handshake<'a>(&'a self, cx: &'a CallContext, handshake: Handshake) -> Answer<'a, ()>;

    /// See [`FlightService::list_flights`].
    fn dyn_list_flights<'a>(
        &'a self,
        cx: &'a CallContext,
        criteria: Criteria,
    ) -> Answer<'a, ReplyStream<FlightInfo>>;

    /// See [`FlightService::get_flight_info`].
    fn dyn_get_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, FlightInfo>;

    /// See [`FlightService::poll_flight_info`].
    fn dyn_poll_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, PollInfo>;

    /// See [`FlightService::get_schema`].
    fn dyn_get_schema<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, SchemaResult>;

    /// See [`FlightService::do_get`].
    fn dyn_do_get<'a>(&'a self, cx: &'a CallContext, ticket: Ticket) -> Answer<'a, BatchStream>;

    /// See [`FlightService::do_put`].
    fn dyn_do_put<'a>(&'a self, cx: &'a CallContext, upload: Upload) -> Answer<'a, ()>;

    /// See [`FlightService::do_exchange`].
    fn dyn_do_exchange<'a>(&'a self, cx: &'a CallContext, exchange: Exchange) -> Answer<'a, ()>;

    /// See [`FlightService::do_action`].
    fn dyn_do_action<'a>(
        &'a self,
        cx: &'a CallContext,
        action: Action,
    ) -> Answer<'a, ReplyStream<ActionResult>>;

    /// See [`FlightService::list_actions`].
    fn dyn_list_actions<'a>(&'a self, cx: &'a CallContext) -> Answer<'a, ReplyStream<ActionType>>;
}

#[deny(clippy::missing_trait_methods)]
impl<T: FlightService> DynFlightService for T {
    fn dyn_handshake<'a>(&'a self, cx: &'a CallContext, handshake: Handshake) -> Answer<'a, ()> {
        Box::pin(self.handshake(cx, handshake))
    }

    fn dyn_list_flights<'a>(
        &'a self,
        cx: &'a CallContext,
        criteria: Criteria,
    ) -> Answer<'a, ReplyStream<FlightInfo>> {
        Box::pin(self.list_flights(cx, criteria))
    }

    fn dyn_get_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, FlightInfo> {
        Box::pin(self.get_flight_info(cx, descriptor))
    }

    fn dyn_poll_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, PollInfo> {
        Box::pin(self.poll_flight_info(cx, descriptor))
    }

    fn dyn_get_schema<'a>(
        &'a self,
        cx: &'a CallContext,
        descriptor: FlightDescriptor,
    ) -> Answer<'a, SchemaResult> {
        Box::pin(self.get_schema(cx, descriptor))
    }

    fn dyn_do_get<'a>(&'a self, cx: &'a CallContext, ticket: Ticket) -> Answer<'a, BatchStream> {
        Box::pin(self.do_get(cx, ticket))
    }

    fn dyn_do_put<'a>(&'a self, cx: &'a CallContext, upload: Upload) -> Answer<'a, ()> {
        Box::pin(self.do_put(cx, upload))
    }

    fn dyn_do_exchange<'a>(&'a self, cx: &'a CallContext, exchange: Exchange) -> Answer<'a, ()> {
        Box::pin(self.do_exchange(cx, exchange))
    }

    fn dyn_do_action<'a>(
        &'a self,
        cx: &'a CallContext,
        action: Action,
    ) -> Answer<'a, ReplyStream<ActionResult>> {
        Box::pin(self.do_action(cx, action))
    }

    fn dyn_list_actions<'a>(&'a self, cx: &'a CallContext) -> Answer<'a, ReplyStream<ActionType>> {
        Box::pin(self.list_actions(cx))
    }
}

#[deny(clippy::missing_trait_methods)]
impl FlightService for dyn DynFlightService {
    async fn handshake(&self, cx: &CallContext, handshake: Handshake) -> Result<()> {
        self.dyn_handshake(cx, handshake).await
    }

    async fn list_flights(
        &self,
        cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        self.dyn_list_flights(cx, criteria).await
    }

    async fn get_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        self.dyn_get_flight_info(cx, descriptor).await
    }

    async fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        self.dyn_poll_flight_info(cx, descriptor).await
    }

    async fn get_schema(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<SchemaResult> {
        self.dyn_get_schema(cx, descriptor).await
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        self.dyn_do_get(cx, ticket).await
    }

    async fn do_put(&self, cx: &CallContext, upload: Upload) -> Result<()> {
        self.dyn_do_put(cx, upload).await
    }

    async fn do_exchange(&self, cx: &CallContext, exchange: Exchange) -> Result<()> {
        self.dyn_do_exchange(cx, exchange).await
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        self.dyn_do_action(cx, action).await
    }

    async fn list_actions(&self, cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        self.dyn_list_actions(cx).await
    }
}
