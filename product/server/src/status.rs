//! The one place where an error of the store becomes a status of Flight.

use wingbeat::Error;
use wingbeat_store::StoreError;

/// Says `error` in the terms of Flight.
///
/// The text of the store's errors names datasets and files below the served folder, which the
/// caller may know; what the operating system said about absolute paths goes to the log only.
pub(crate) fn status(error: StoreError) -> Error {
    let text = error.to_string();
    match error {
        StoreError::NotFound { .. } => Error::not_found(text),
        StoreError::AlreadyExists { .. } => Error::already_exists(text),
        StoreError::Ambiguous { .. }
        | StoreError::InvalidName { .. }
        | StoreError::InvalidRequest { .. } => Error::invalid_argument(text),
        // The file on this side is broken: not the caller's fault, and nothing to retry.
        StoreError::Corrupt { .. } | StoreError::BadValue { .. } => Error::data_loss(text),
        StoreError::Changed { .. } => Error::aborted(text),
        StoreError::ReadOnly { .. } | StoreError::Protected { .. } => {
            Error::failed_precondition(text)
        }
        StoreError::Incomplete { .. } => Error::invalid_argument(text),
        StoreError::Full { .. } => Error::resource_exhausted(text),
        StoreError::Unsupported { .. } => Error::unimplemented(text),
        other => Error::from(other),
    }
}

/// `?` on a store's result, in the terms of Flight.
pub(crate) trait IntoFlight<T> {
    /// The value, or the error as a status.
    fn into_flight(self) -> wingbeat::Result<T>;
}

impl<T> IntoFlight<T> for Result<T, StoreError> {
    fn into_flight(self) -> wingbeat::Result<T> {
        self.map_err(status)
    }
}
