//! `PollInfo`: the state of a long-running query.

use super::{FlightDescriptor, FlightInfo, Timestamp};
use crate::DecodeError;
use crate::pb::{Embedded, Proto, Reader, Writer};

/// What PollFlightInfo answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PollInfo {
    /// The flight as far as it is known; endpoints are only ever appended.
    pub info: Option<FlightInfo>,
    /// What to poll with next. `None`: the query is complete.
    pub flight_descriptor: Option<FlightDescriptor>,
    /// How much is done, 0 to 1; need not grow steadily. `None`: unknown.
    pub progress: Option<f64>,
    /// Until then the service takes `flight_descriptor`. `None`: up to the service.
    pub expiration_time: Option<Timestamp>,
}

impl PollInfo {
    /// The answer for a query that is complete.
    pub fn complete(info: FlightInfo) -> Self {
        Self { info: Some(info), progress: Some(1.0), ..Self::default() }
    }

    /// The answer for a query that is running, with what to poll with next.
    pub fn running(info: FlightInfo, next: FlightDescriptor) -> Self {
        Self { info: Some(info), flight_descriptor: Some(next), ..Self::default() }
    }

    /// Sets how much is done, 0 to 1.
    #[must_use]
    pub fn with_progress(mut self, progress: f64) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Sets until when the service takes the descriptor.
    #[must_use]
    pub fn with_expiration_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.expiration_time = Some(time.into());
        self
    }

    /// Whether there is nothing more to poll for.
    pub fn is_complete(&self) -> bool {
        self.flight_descriptor.is_none()
    }
}

impl Proto for PollInfo {
    fn write(&self, to: &mut Writer) {
        to.optional(1, self.info.as_ref());
        to.optional(2, self.flight_descriptor.as_ref());
        if let Some(progress) = self.progress {
            to.explicit_double(3, progress);
        }
        to.optional(4, self.expiration_time.as_ref());
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut progress = None;
        let (mut info, mut descriptor) = (Embedded::default(), Embedded::default());
        let mut expiration_time = Embedded::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => info.push(field, "PollInfo.info")?,
                2 => descriptor.push(field, "PollInfo.flight_descriptor")?,
                3 => progress = Some(field.double("PollInfo.progress")?),
                4 => expiration_time.push(field, "PollInfo.expiration_time")?,
                _ => {}
            }
        }
        Ok(Self {
            info: info.read()?,
            flight_descriptor: descriptor.read()?,
            progress,
            expiration_time: expiration_time.read()?,
        })
    }
}
