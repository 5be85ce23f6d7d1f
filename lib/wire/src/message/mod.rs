//! The messages of `Flight.proto`, one file per noun, with the names of the specification.
//!
//! `FlightData` is not here: it carries the data and is read and written without a copy of its
//! body, see [`data`](crate::data). `Result` is called [`ActionResult`], as it would otherwise
//! hide Rust's own.

mod action;
mod any;
mod basic_auth;
mod cancel_flight_info;
mod criteria;
mod empty;
mod flight_descriptor;
mod flight_endpoint;
mod flight_info;
mod handshake;
mod location;
mod poll_info;
mod put_result;
mod renew_flight_endpoint;
mod schema_result;
mod session;
mod session_option_value;
mod ticket;
mod timestamp;
mod wire_message;

pub use action::{Action, ActionResult, ActionType};
pub use any::{pack_any, unpack_any};
pub use basic_auth::BasicAuth;
pub use cancel_flight_info::{CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus};
pub use criteria::Criteria;
pub use empty::Empty;
pub use flight_descriptor::FlightDescriptor;
pub use flight_endpoint::FlightEndpoint;
pub use flight_info::FlightInfo;
pub use handshake::{HandshakeRequest, HandshakeResponse};
pub use location::Location;
pub use poll_info::PollInfo;
pub use put_result::PutResult;
pub use renew_flight_endpoint::RenewFlightEndpointRequest;
pub use schema_result::SchemaResult;
pub use session::{
    CloseSessionRequest, CloseSessionResult, CloseSessionStatus, GetSessionOptionsRequest,
    GetSessionOptionsResult, SetSessionOptionError, SetSessionOptionsRequest,
    SetSessionOptionsResult,
};
pub use session_option_value::SessionOptionValue;
pub use ticket::Ticket;
pub use timestamp::Timestamp;
pub use wire_message::Message;

#[cfg(test)]
mod tests;
