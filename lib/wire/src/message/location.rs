//! `Location`: where an endpoint can be read.

use std::fmt;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// The URI of a service that redeems an endpoint's ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Location {
    /// `grpc://`, `grpc+tcp://`, `grpc+tls://`, `grpc+unix://`, `http(s)://`, or
    /// [`REUSE_CONNECTION`](Self::REUSE_CONNECTION).
    pub uri: String,
}

impl Location {
    /// "The connection that gave this FlightInfo". With the question mark: some implementations
    /// refuse the form without it.
    pub const REUSE_CONNECTION: &'static str = "arrow-flight-reuse-connection://?";

    /// A location by its URI.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into() }
    }

    /// The location that stands for the current connection.
    pub fn reuse_connection() -> Self {
        Self::new(Self::REUSE_CONNECTION)
    }

    /// Whether this stands for the current connection: any spelling of the scheme's URI, or, as
    /// the specification has it, an empty URI.
    pub fn is_reuse_connection(&self) -> bool {
        let scheme = Self::REUSE_CONNECTION.trim_end_matches("//?");
        self.uri.is_empty() || self.uri.starts_with(scheme)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

impl Proto for Location {
    fn write(&self, to: &mut Writer) {
        to.string(1, &self.uri);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.uri = field.string("Location.uri")?;
            }
        }
        Ok(this)
    }
}
