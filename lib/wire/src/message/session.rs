//! The actions `SetSessionOptions`, `GetSessionOptions` and `CloseSession`. Experimental in the
//! specification.

use std::collections::BTreeMap;

use super::SessionOptionValue;
use super::session_option_value::{read_entry, write_entry};
use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// The body of the action `SetSessionOptions`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SetSessionOptionsRequest {
    /// What to set, by name; [`SessionOptionValue::Unset`] clears.
    pub session_options: BTreeMap<String, SessionOptionValue>,
}

/// The result's body of the action `SetSessionOptions`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetSessionOptionsResult {
    /// The options that were not set, and why. What is absent here was set.
    pub errors: BTreeMap<String, SetSessionOptionError>,
}

/// Why an option was not set (`SetSessionOptionsResult.ErrorValue`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SetSessionOptionError {
    /// Unknown; also any value that the specification does not have.
    #[default]
    Unspecified = 0,
    /// There is no option of this name.
    InvalidName = 1,
    /// The option does not take this value.
    InvalidValue = 2,
    /// It could not be set for another reason.
    Error = 3,
}

/// The body of the action `GetSessionOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GetSessionOptionsRequest {}

/// The result's body of the action `GetSessionOptions`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetSessionOptionsResult {
    /// The options of the session, by name.
    pub session_options: BTreeMap<String, SessionOptionValue>,
}

/// The body of the action `CloseSession`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CloseSessionRequest {}

/// The result's body of the action `CloseSession`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CloseSessionResult {
    /// What became of the session.
    pub status: CloseSessionStatus,
}

/// What became of a session that was to be closed (`CloseSessionResult.Status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CloseSessionStatus {
    /// Unknown; also any value that the specification does not have.
    #[default]
    Unspecified = 0,
    /// Done.
    Closed = 1,
    /// Under way.
    Closing = 2,
    /// It cannot be closed.
    NotCloseable = 3,
}

impl SetSessionOptionsRequest {
    /// The name of the action.
    pub const ACTION_TYPE: &'static str = "SetSessionOptions";

    /// Sets one more option; [`SessionOptionValue::Unset`] clears it.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SessionOptionValue>) -> Self {
        self.session_options.insert(name.into(), value.into());
        self
    }
}

impl GetSessionOptionsRequest {
    /// The name of the action.
    pub const ACTION_TYPE: &'static str = "GetSessionOptions";
}

impl CloseSessionRequest {
    /// The name of the action.
    pub const ACTION_TYPE: &'static str = "CloseSession";
}

/// Field 1 of a message that has nothing but a map.
fn read_map<V: Proto + Default>(
    mut from: Reader,
    name: &'static str,
) -> Result<BTreeMap<String, V>, DecodeError> {
    let mut map = BTreeMap::new();
    while let Some(field) = from.next()? {
        if field.number == 1 {
            let (key, value) = read_entry(field.bytes(name)?, name)?;
            map.insert(key, value);
        }
    }
    Ok(map)
}

/// Field 1 of a message that has nothing but an enumeration.
fn read_enum(mut from: Reader, name: &'static str) -> Result<i32, DecodeError> {
    let mut value = 0;
    while let Some(field) = from.next()? {
        if field.number == 1 {
            value = field.int32(name)?;
        }
    }
    Ok(value)
}

impl Proto for SetSessionOptionsRequest {
    fn write(&self, to: &mut Writer) {
        self.session_options.iter().for_each(|(key, value)| write_entry(to, key, value));
    }

    fn read(from: Reader) -> Result<Self, DecodeError> {
        let session_options = read_map(from, "SetSessionOptionsRequest.session_options")?;
        Ok(Self { session_options })
    }
}

impl Proto for SetSessionOptionsResult {
    fn write(&self, to: &mut Writer) {
        self.errors.iter().for_each(|(key, value)| write_entry(to, key, value));
    }

    fn read(from: Reader) -> Result<Self, DecodeError> {
        Ok(Self { errors: read_map(from, "SetSessionOptionsResult.errors")? })
    }
}

/// On the wire it is a message `Error` with this one value.
impl Proto for SetSessionOptionError {
    fn write(&self, to: &mut Writer) {
        to.int32(1, *self as i32);
    }

    fn read(from: Reader) -> Result<Self, DecodeError> {
        Ok(match read_enum(from, "SetSessionOptionsResult.Error.value")? {
            1 => Self::InvalidName,
            2 => Self::InvalidValue,
            3 => Self::Error,
            _ => Self::Unspecified,
        })
    }
}

impl Proto for GetSessionOptionsRequest {
    fn write(&self, _to: &mut Writer) {}

    fn read(from: Reader) -> Result<Self, DecodeError> {
        from.skip_all()?;
        Ok(Self {})
    }
}

impl Proto for GetSessionOptionsResult {
    fn write(&self, to: &mut Writer) {
        self.session_options.iter().for_each(|(key, value)| write_entry(to, key, value));
    }

    fn read(from: Reader) -> Result<Self, DecodeError> {
        let session_options = read_map(from, "GetSessionOptionsResult.session_options")?;
        Ok(Self { session_options })
    }
}

impl Proto for CloseSessionRequest {
    fn write(&self, _to: &mut Writer) {}

    fn read(from: Reader) -> Result<Self, DecodeError> {
        from.skip_all()?;
        Ok(Self {})
    }
}

impl Proto for CloseSessionResult {
    fn write(&self, to: &mut Writer) {
        to.int32(1, self.status as i32);
    }

    fn read(from: Reader) -> Result<Self, DecodeError> {
        let status = match read_enum(from, "CloseSessionResult.status")? {
            1 => CloseSessionStatus::Closed,
            2 => CloseSessionStatus::Closing,
            3 => CloseSessionStatus::NotCloseable,
            _ => CloseSessionStatus::Unspecified,
        };
        Ok(Self { status })
    }
}
