//! The one place where an error of the store becomes a status of Flight.

use wingbeat::Error;
use wingbeat_store::StoreError;

/// Says `error` in the terms of Flight.
///
/// The text of the store's errors names datasets and files below the served folder, which the
/// caller may know. Where it may name the folder itself, the text goes to the log only.
pub(crate) fn status(error: StoreError) -> Error {
    let text = error.to_string();
    match error {
        StoreError::NotFound { .. } => Error::not_found(text),
        StoreError::AlreadyExists { .. } => Error::already_exists(text),
        StoreError::Ambiguous { .. }
        | StoreError::InvalidName { .. }
        | StoreError::InvalidRequest { .. }
        | StoreError::Incomplete { .. } => Error::invalid_argument(text),
        // The file on this side is broken: not the caller's fault, and nothing to retry.
        StoreError::Corrupt { .. } | StoreError::BadValue { .. } => Error::data_loss(text),
        StoreError::Changed { .. } => Error::aborted(text),
        StoreError::Protected { action: "dropped", .. } => {
            Error::failed_precondition(format!("{text} (\"force\": true)"))
        }
        StoreError::Protected { .. } => {
            Error::failed_precondition(format!("{text} (wingbeat-mode: replace)"))
        }
        StoreError::ReadOnly { .. } => {
            tracing::warn!("{text}");
            Error::failed_precondition("the server's folder takes no writes; its log says why")
        }
        StoreError::Full { .. } => {
            tracing::error!("{text}");
            Error::resource_exhausted("the server's disk has no space left")
        }
        StoreError::Unavailable { .. } => Error::unavailable(text),
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use wingbeat::Code;

    #[test]
    fn paths_of_the_machine_stay_here() {
        let path = "/srv/secret/folder";
        for (kind, code) in [
            (io::ErrorKind::StorageFull, Code::ResourceExhausted),
            (io::ErrorKind::ReadOnlyFilesystem, Code::FailedPrecondition),
        ] {
            let error = status(StoreError::io(path, kind.into()));
            assert_eq!(error.code(), code);
            assert!(!error.message().contains("secret"), "{}", error.message());
        }
    }

    #[test]
    fn who_may_not_replace_is_told_how() {
        let protected =
            |action| StoreError::Protected { name: "t".to_owned(), found: "a folder", action };
        let replaced = status(protected("replaced"));
        assert_eq!(replaced.code(), Code::FailedPrecondition);
        assert!(replaced.message().contains("wingbeat-mode: replace"), "{replaced}");
        assert!(status(protected("dropped")).message().contains("force"));
    }
}
