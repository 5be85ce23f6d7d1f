//! What an object store's errors mean to a caller.

use std::io;
use std::path::Path;

use object_store::Error;

use crate::StoreError;

/// An error about the object at `path`, which is below the store's prefix.
pub(crate) fn failed(path: &Path, error: Error) -> StoreError {
    match error {
        Error::NotFound { .. } => StoreError::io(path, io::ErrorKind::NotFound.into()),
        Error::Precondition { .. } | Error::NotModified { .. } => StoreError::Changed {
            name: path.display().to_string(),
            reason: "the object was replaced".to_owned(),
        },
        Error::AlreadyExists { .. } => StoreError::io(path, io::ErrorKind::AlreadyExists.into()),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => refused(path, &error),
        Error::InvalidPath { .. } => {
            StoreError::InvalidName { name: path.display().to_string(), reason: error.to_string() }
        }
        error => {
            let reason = root_cause(&error);
            if REFUSALS.iter().any(|refusal| reason.contains(refusal)) {
                return refused(path, &error);
            }
            tracing::warn!(path = %path.display(), %error, "the object store fails");
            // Some answer with a page of XML.
            let reason = reason.lines().next().unwrap_or_default().to_owned();
            StoreError::Unavailable { path: path.to_owned(), reason }
        }
    }
}

/// How a listing says that it was refused: the library tells it apart for single objects alone.
const REFUSALS: [&str; 2] = ["403 Forbidden", "401 Unauthorized"];

fn refused(path: &Path, error: &Error) -> StoreError {
    tracing::warn!(path = %path.display(), %error, "refused by the object store");
    let text = "the object store refuses this server's credentials";
    StoreError::io(path, io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// What is at the bottom of an error: the layers above it repeat addresses and headers.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
