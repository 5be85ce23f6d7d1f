//! A shared service is a service.

use std::sync::Arc;

use wingbeat_wire::message::{
    Action, ActionResult, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult,
    CloseSessionRequest, CloseSessionResult, Criteria, FlightDescriptor, FlightEndpoint,
    FlightInfo, GetSessionOptionsRequest, GetSessionOptionsResult, PollInfo,
    RenewFlightEndpointRequest, SchemaResult, SetSessionOptionsRequest, SetSessionOptionsResult,
    Ticket,
};

use super::FlightService;
use crate::{BatchStream, CallContext, Exchange, Handshake, ReplyStream, Result, Upload};

#[deny(clippy::missing_trait_methods)]
impl<T: FlightService + ?Sized> FlightService for Arc<T> {
    async fn handshake(&self, cx: &CallContext, handshake: Handshake) -> Result<()> {
        T::handshake(self, cx, handshake).await
    }

    async fn list_flights(
        &self,
        cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        T::list_flights(self, cx, criteria).await
    }

    async fn get_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        T::get_flight_info(self, cx, descriptor).await
    }

    async fn poll_flight_info(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        T::poll_flight_info(self, cx, descriptor).await
    }

    async fn get_schema(
        &self,
        cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<SchemaResult> {
        T::get_schema(self, cx, descriptor).await
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        T::do_get(self, cx, ticket).await
    }

    async fn do_put(&self, cx: &CallContext, upload: Upload) -> Result<()> {
        T::do_put(self, cx, upload).await
    }

    async fn do_exchange(&self, cx: &CallContext, exchange: Exchange) -> Result<()> {
        T::do_exchange(self, cx, exchange).await
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        T::do_action(self, cx, action).await
    }

    async fn list_actions(&self, cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        T::list_actions(self, cx).await
    }

    async fn cancel_flight_info(
        &self,
        cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        T::cancel_flight_info(self, cx, request).await
    }

    async fn renew_flight_endpoint(
        &self,
        cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        T::renew_flight_endpoint(self, cx, request).await
    }

    async fn set_session_options(
        &self,
        cx: &CallContext,
        request: SetSessionOptionsRequest,
    ) -> Result<SetSessionOptionsResult> {
        T::set_session_options(self, cx, request).await
    }

    async fn get_session_options(
        &self,
        cx: &CallContext,
        request: GetSessionOptionsRequest,
    ) -> Result<GetSessionOptionsResult> {
        T::get_session_options(self, cx, request).await
    }

    async fn close_session(
        &self,
        cx: &CallContext,
        request: CloseSessionRequest,
    ) -> Result<CloseSessionResult> {
        T::close_session(self, cx, request).await
    }
}
