//! [`StandardAction`]: the actions that the Flight specification defines.

use std::fmt;

use wingbeat_wire::message::{
    ActionType, CancelFlightInfoRequest, CloseSessionRequest, GetSessionOptionsRequest,
    RenewFlightEndpointRequest, SetSessionOptionsRequest,
};

use crate::Error;

/// An action that the Flight specification defines. A server that offers one says so with
/// [`Server::standard_actions`](crate::Server::standard_actions), and answers it in the method of
/// [`FlightService`](crate::FlightService) of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StandardAction {
    /// [`FlightService::cancel_flight_info`](crate::FlightService::cancel_flight_info).
    CancelFlightInfo,
    /// [`FlightService::renew_flight_endpoint`](crate::FlightService::renew_flight_endpoint).
    RenewFlightEndpoint,
    /// [`FlightService::set_session_options`](crate::FlightService::set_session_options).
    SetSessionOptions,
    /// [`FlightService::get_session_options`](crate::FlightService::get_session_options).
    GetSessionOptions,
    /// [`FlightService::close_session`](crate::FlightService::close_session).
    CloseSession,
}

impl StandardAction {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CancelFlightInfo,
        Self::RenewFlightEndpoint,
        Self::SetSessionOptions,
        Self::GetSessionOptions,
        Self::CloseSession,
    ];

    /// Those about sessions.
    pub const SESSION: [Self; 3] =
        [Self::SetSessionOptions, Self::GetSessionOptions, Self::CloseSession];

    /// The name in the specification, which is the action's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CancelFlightInfo => CancelFlightInfoRequest::ACTION_TYPE,
            Self::RenewFlightEndpoint => RenewFlightEndpointRequest::ACTION_TYPE,
            Self::SetSessionOptions => SetSessionOptionsRequest::ACTION_TYPE,
            Self::GetSessionOptions => GetSessionOptionsRequest::ACTION_TYPE,
            Self::CloseSession => CloseSessionRequest::ACTION_TYPE,
        }
    }

    /// What it does, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::CancelFlightInfo => "ends the query of a FlightInfo",
            Self::RenewFlightEndpoint => "moves the expiration of an endpoint",
            Self::SetSessionOptions => "sets options of the session, and begins one",
            Self::GetSessionOptions => "tells the options of the session",
            Self::CloseSession => "ends the session",
        }
    }

    /// What a service answers that does not override its method.
    pub(crate) fn unimplemented(self) -> Error {
        Error::unimplemented(format!("{self} is not implemented by this service"))
    }
}

impl From<StandardAction> for ActionType {
    fn from(action: StandardAction) -> Self {
        Self::new(action.name(), action.description())
    }
}

impl fmt::Display for StandardAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
