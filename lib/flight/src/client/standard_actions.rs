//! The actions of the specification as methods of [`Client`].

use bytes::Bytes;
use wingbeat_wire::message::{
    Action, CancelFlightInfoRequest, CancelFlightInfoResult, CloseSessionRequest,
    CloseSessionResult, FlightEndpoint, GetSessionOptionsRequest, GetSessionOptionsResult, Message,
    RenewFlightEndpointRequest, SetSessionOptionsRequest, SetSessionOptionsResult,
};

use super::Client;
use super::call::decode;
use crate::{Error, Origin, Result, StandardAction};

impl Client {
    /// CancelFlightInfo: ends the query of a [`FlightInfo`](crate::FlightInfo), also of one that
    /// is polled for.
    ///
    /// # Errors
    /// The server's, NOT_FOUND for a query that it does not know, or what went wrong on the way.
    pub async fn cancel_flight_info(
        &self,
        request: impl Into<CancelFlightInfoRequest>,
    ) -> Result<CancelFlightInfoResult> {
        self.standard(StandardAction::CancelFlightInfo, &request.into()).await
    }

    /// RenewFlightEndpoint: moves the expiration of an endpoint. From now on the endpoint that
    /// comes back is the one to read.
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn renew_flight_endpoint(
        &self,
        request: impl Into<RenewFlightEndpointRequest>,
    ) -> Result<FlightEndpoint> {
        self.standard(StandardAction::RenewFlightEndpoint, &request.into()).await
    }

    /// SetSessionOptions: sets options of this client's session, and begins one where there is
    /// none. What could not be set stands in the result.
    ///
    /// A session is found by a cookie or a bearer token, so this client has to send one: see
    /// [`with_cookies`](Self::with_cookies).
    ///
    /// # Errors
    /// The server's, or what went wrong on the way.
    pub async fn set_session_options(
        &self,
        request: SetSessionOptionsRequest,
    ) -> Result<SetSessionOptionsResult> {
        self.standard(StandardAction::SetSessionOptions, &request).await
    }

    /// GetSessionOptions: the options of this client's session.
    ///
    /// # Errors
    /// The server's, among them that there is no session; or what went wrong on the way.
    pub async fn get_session_options(&self) -> Result<GetSessionOptionsResult> {
        self.standard(StandardAction::GetSessionOptions, &GetSessionOptionsRequest {}).await
    }

    /// CloseSession: ends this client's session.
    ///
    /// # Errors
    /// The server's, among them that there is no session; or what went wrong on the way.
    pub async fn close_session(&self) -> Result<CloseSessionResult> {
        self.standard(StandardAction::CloseSession, &CloseSessionRequest {}).await
    }

    /// An action with one answer. Reads to the end of the call, which may bring an error.
    async fn standard<A: Message>(
        &self,
        action: StandardAction,
        request: &impl Message,
    ) -> Result<A> {
        let mut results = self.do_action(Action::new(action.name(), request.encode())).await?;
        let first: Option<Bytes> = results.next().await?.map(|result| result.body);
        while results.next().await?.is_some() {}
        let body = first.ok_or_else(|| {
            let text = format!("the server's answer to {action} has no result, expected one");
            Error::internal(text).with_origin(Origin::Peer)
        })?;
        decode(body)
    }
}
