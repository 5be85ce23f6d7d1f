//! `FlightInfo`: what a flight is and where to read it.

use arrow_schema::Schema;
use bytes::Bytes;

use super::{FlightDescriptor, FlightEndpoint};
use crate::pb::{Embedded, Proto, Reader, Writer, push_element};
use crate::{DecodeError, Limits, ipc};

/// What a service says about a flight.
///
/// The totals of a new `FlightInfo` are -1, "unknown"; on the wire an absent total is 0, and that
/// is what reading such a message gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FlightInfo {
    /// The schema as an encapsulated IPC message; empty when the service does not say.
    pub schema: Bytes,
    /// How this flight was asked for.
    pub flight_descriptor: Option<FlightDescriptor>,
    /// The parts of the flight; all are to be read.
    pub endpoints: Vec<FlightEndpoint>,
    /// Rows, an estimate; -1 when unknown.
    pub total_records: i64,
    /// Bytes, an estimate; -1 when unknown.
    pub total_bytes: i64,
    /// Whether the endpoints in order are the rows in order.
    pub ordered: bool,
    /// For the application.
    pub app_metadata: Bytes,
}

impl Default for FlightInfo {
    fn default() -> Self {
        Self { total_records: -1, total_bytes: -1, ..Self::zero() }
    }
}

impl FlightInfo {
    /// A flight with this schema, no endpoint yet, and unknown totals.
    pub fn new(schema: &Schema) -> Self {
        Self { schema: ipc::encapsulate_schema(schema), ..Self::default() }
    }

    /// What proto3 makes of a message without fields.
    fn zero() -> Self {
        Self {
            schema: Bytes::new(),
            flight_descriptor: None,
            endpoints: Vec::new(),
            total_records: 0,
            total_bytes: 0,
            ordered: false,
            app_metadata: Bytes::new(),
        }
    }

    /// The schema.
    ///
    /// # Errors
    /// When it is absent, damaged, or beyond the limits.
    pub fn decode_schema(&self, limits: &Limits) -> Result<Schema, DecodeError> {
        ipc::decode_encapsulated_schema(&self.schema, limits)
    }

    /// Sets the descriptor.
    #[must_use]
    pub fn with_descriptor(mut self, descriptor: FlightDescriptor) -> Self {
        self.flight_descriptor = Some(descriptor);
        self
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: FlightEndpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Sets the number of rows.
    #[must_use]
    pub fn with_total_records(mut self, rows: i64) -> Self {
        self.total_records = rows;
        self
    }

    /// Sets the number of bytes.
    #[must_use]
    pub fn with_total_bytes(mut self, bytes: i64) -> Self {
        self.total_bytes = bytes;
        self
    }

    /// Sets whether the endpoints in order are the rows in order.
    #[must_use]
    pub fn with_ordered(mut self, ordered: bool) -> Self {
        self.ordered = ordered;
        self
    }

    /// Sets the application's metadata.
    #[must_use]
    pub fn with_app_metadata(mut self, app_metadata: impl Into<Bytes>) -> Self {
        self.app_metadata = app_metadata.into();
        self
    }
}

impl Proto for FlightInfo {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.schema);
        to.optional(2, self.flight_descriptor.as_ref());
        self.endpoints.iter().for_each(|endpoint| to.message(3, endpoint));
        to.int64(4, self.total_records);
        to.int64(5, self.total_bytes);
        to.bool(6, self.ordered);
        to.bytes(7, &self.app_metadata);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::zero();
        let mut descriptor = Embedded::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.schema = field.bytes("FlightInfo.schema")?,
                2 => descriptor.push(field, "FlightInfo.flight_descriptor")?,
                3 => {
                    let name = "FlightInfo.endpoint";
                    push_element(&mut this.endpoints, name, field.message(name)?)?;
                }
                4 => this.total_records = field.int64("FlightInfo.total_records")?,
                5 => this.total_bytes = field.int64("FlightInfo.total_bytes")?,
                6 => this.ordered = field.bool("FlightInfo.ordered")?,
                7 => this.app_metadata = field.bytes("FlightInfo.app_metadata")?,
                _ => {}
            }
        }
        this.flight_descriptor = descriptor.read()?;
        Ok(this)
    }
}
