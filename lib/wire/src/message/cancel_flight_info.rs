//! The action `CancelFlightInfo`: its request and its result.

use super::FlightInfo;
use crate::DecodeError;
use crate::pb::{Embedded, Proto, Reader, Writer};

/// The body of the action `CancelFlightInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CancelFlightInfoRequest {
    /// The flight whose query is to end.
    pub info: Option<FlightInfo>,
}

/// The result's body of the action `CancelFlightInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CancelFlightInfoResult {
    /// What became of it.
    pub status: CancelStatus,
}

/// What became of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CancelStatus {
    /// Unknown; also any value that the specification does not have.
    #[default]
    Unspecified = 0,
    /// Done. A repeated request may say this again, or `NOT_FOUND`.
    Cancelled = 1,
    /// Under way; ask again for the outcome.
    Cancelling = 2,
    /// It cannot be cancelled; do not ask again.
    NotCancellable = 3,
}

impl CancelStatus {
    fn from_i32(value: i32) -> Self {
        match value {
            1 => Self::Cancelled,
            2 => Self::Cancelling,
            3 => Self::NotCancellable,
            _ => Self::Unspecified,
        }
    }
}

impl CancelFlightInfoRequest {
    /// The name of the action.
    pub const ACTION_TYPE: &'static str = "CancelFlightInfo";
}

impl From<FlightInfo> for CancelFlightInfoRequest {
    fn from(info: FlightInfo) -> Self {
        Self { info: Some(info) }
    }
}

impl From<CancelStatus> for CancelFlightInfoResult {
    fn from(status: CancelStatus) -> Self {
        Self { status }
    }
}

impl Proto for CancelFlightInfoRequest {
    fn write(&self, to: &mut Writer) {
        to.optional(1, self.info.as_ref());
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut info = Embedded::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                info.push(field, "CancelFlightInfoRequest.info")?;
            }
        }
        Ok(Self { info: info.read()? })
    }
}

impl Proto for CancelFlightInfoResult {
    fn write(&self, to: &mut Writer) {
        to.int32(1, self.status as i32);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                let status = field.int32("CancelFlightInfoResult.status")?;
                this.status = CancelStatus::from_i32(status);
            }
        }
        Ok(this)
    }
}
