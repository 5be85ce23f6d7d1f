//! [`DynFlightService`]: a service whose type is erased.

use std::future::Future;
use std::pin::Pin;

use wingbeat_wire::message::{
    Action, ActionResult, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult,
    CloseSessionRequest, CloseSessionResult, Criteria, FlightDescriptor, FlightEndpoint,
    FlightInfo, GetSessionOptionsRequest, GetSessionOptionsResult, PollInfo,
    RenewFlightEndpointRequest, SchemaResult, SetSessionOptionsRequest, SetSessionOptionsResult,
    Ticket,
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

    /// See [`FlightService::cancel_flight_info`].
    fn dyn_cancel_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        request: CancelFlightInfoRequest,
    ) -> Answer<'a, CancelFlightInfoResult>;

    /// See [`FlightService::renew_flight_endpoint`].
    fn dyn_renew_flight_endpoint<'a>(
        &'a self,
        cx: &'a CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Answer<'a, FlightEndpoint>;

    /// See [`FlightService::set_session_options`].
    fn dyn_set_session_options<'a>(
        &'a self,
        cx: &'a CallContext,
        request: SetSessionOptionsRequest,
    ) -> Answer<'a, SetSessionOptionsResult>;

    /// See [`FlightService::get_session_options`].
    fn dyn_get_session_options<'a>(
        &'a self,
        cx: &'a CallContext,
        request: GetSessionOptionsRequest,
    ) -> Answer<'a, GetSessionOptionsResult>;

    /// See [`FlightService::close_session`].
    fn dyn_close_session<'a>(
        &'a self,
        cx: &'a CallContext,
        request: CloseSessionRequest,
    ) -> Answer<'a, CloseSessionResult>;
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

    fn dyn_cancel_flight_info<'a>(
        &'a self,
        cx: &'a CallContext,
        request: CancelFlightInfoRequest,
    ) -> Answer<'a, CancelFlightInfoResult> {
        Box::pin(self.cancel_flight_info(cx, request))
    }

    fn dyn_renew_flight_endpoint<'a>(
        &'a self,
        cx: &'a CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Answer<'a, FlightEndpoint> {
        Box::pin(self.renew_flight_endpoint(cx, request))
    }

    fn dyn_set_session_options<'a>(
        &'a self,
        cx: &'a CallContext,
        request: SetSessionOptionsRequest,
    ) -> Answer<'a, SetSessionOptionsResult> {
        Box::pin(self.set_session_options(cx, request))
    }

    fn dyn_get_session_options<'a>(
        &'a self,
        cx: &'a CallContext,
        request: GetSessionOptionsRequest,
    ) -> Answer<'a, GetSessionOptionsResult> {
        Box::pin(self.get_session_options(cx, request))
    }

    fn dyn_close_session<'a>(
        &'a self,
        cx: &'a CallContext,
        request: CloseSessionRequest,
    ) -> Answer<'a, CloseSessionResult> {
        Box::pin(self.close_session(cx, request))
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

    async fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        self.dyn_cancel_flight_info(cx, request).await
    }

    async fn renew_flight_endpoint(
        &self,
        cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        self.dyn_renew_flight_endpoint(cx, request).await
    }

    async fn set_session_options(
        &self,
        cx: &CallContext,
        request: SetSessionOptionsRequest,
    ) -> Result<SetSessionOptionsResult> {
        self.dyn_set_session_options(cx, request).await
    }

    async fn get_session_options(
        &self,
        cx: &CallContext,
        request: GetSessionOptionsRequest,
    ) -> Result<GetSessionOptionsResult> {
        self.dyn_get_session_options(cx, request).await
    }

    async fn close_session(
        &self,
        cx: &CallContext,
        request: CloseSessionRequest,
    ) -> Result<CloseSessionResult> {
        self.dyn_close_session(cx, request).await
    }
}
