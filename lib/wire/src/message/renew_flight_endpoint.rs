//! The action `RenewFlightEndpoint`: its request. Its result's body is a `FlightEndpoint`.

use super::FlightEndpoint;
use crate::DecodeError;
use crate::pb::{Embedded, Proto, Reader, Writer};

/// The body of the action `RenewFlightEndpoint`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RenewFlightEndpointRequest {
    /// The endpoint whose expiration is to be moved.
    pub endpoint: Option<FlightEndpoint>,
}

impl RenewFlightEndpointRequest {
    /// The name of the action.
    pub const ACTION_TYPE: &'static str = "RenewFlightEndpoint";
}

impl From<FlightEndpoint> for RenewFlightEndpointRequest {
    fn from(endpoint: FlightEndpoint) -> Self {
        Self { endpoint: Some(endpoint) }
    }
}

impl Proto for RenewFlightEndpointRequest {
    fn write(&self, to: &mut Writer) {
        to.optional(1, self.endpoint.as_ref());
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut endpoint = Embedded::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                endpoint.push(field, "RenewFlightEndpointRequest.endpoint")?;
            }
        }
        Ok(Self { endpoint: endpoint.read()? })
    }
}
