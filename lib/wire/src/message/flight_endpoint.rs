//! `FlightEndpoint`: one part of a flight and where to read it.

use bytes::Bytes;

use super::{Location, Ticket, Timestamp};
use crate::DecodeError;
use crate::pb::{Embedded, Proto, Reader, Writer, push_element};

/// One part of a flight: a ticket, and the services that redeem it. All endpoints of a flight
/// have to be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FlightEndpoint {
    /// What to give to DoGet.
    pub ticket: Option<Ticket>,
    /// Equal replicas: any one will do. Empty: the service that gave this endpoint.
    pub locations: Vec<Location>,
    /// Until then DoGet may be repeated. `None`: up to the service.
    pub expiration_time: Option<Timestamp>,
    /// For the application.
    pub app_metadata: Bytes,
}

impl FlightEndpoint {
    /// An endpoint at the service that gives it.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket: Some(ticket), ..Self::default() }
    }

    /// Adds a location.
    #[must_use]
    pub fn with_location(mut self, location: Location) -> Self {
        self.locations.push(location);
        self
    }

    /// Sets until when DoGet may be repeated.
    #[must_use]
    pub fn with_expiration_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.expiration_time = Some(time.into());
        self
    }

    /// Sets the application's metadata.
    #[must_use]
    pub fn with_app_metadata(mut self, app_metadata: impl Into<Bytes>) -> Self {
        self.app_metadata = app_metadata.into();
        self
    }
}

impl Proto for FlightEndpoint {
    fn write(&self, to: &mut Writer) {
        to.optional(1, self.ticket.as_ref());
        self.locations.iter().for_each(|location| to.message(2, location));
        to.optional(3, self.expiration_time.as_ref());
        to.bytes(4, &self.app_metadata);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        let (mut ticket, mut expiration_time) = (Embedded::default(), Embedded::default());
        while let Some(field) = from.next()? {
            match field.number {
                1 => ticket.push(field, "FlightEndpoint.ticket")?,
                2 => {
                    let name = "FlightEndpoint.location";
                    push_element(&mut this.locations, name, field.message(name)?)?;
                }
                3 => expiration_time.push(field, "FlightEndpoint.expiration_time")?,
                4 => this.app_metadata = field.bytes("FlightEndpoint.app_metadata")?,
                _ => {}
            }
        }
        this.ticket = ticket.read()?;
        this.expiration_time = expiration_time.read()?;
        Ok(this)
    }
}
