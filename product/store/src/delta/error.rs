//! What errors of delta-rs mean to the store's callers.

use std::error::Error;
use std::io;
use std::path::Path;

use deltalake_core::{DeltaTableError, ObjectStoreError};

use crate::StoreError;

/// An error in reading or committing the table at `path`.
pub(super) fn failed(path: &Path, error: DeltaTableError) -> StoreError {
    if let Some(source) = io_error(&error) {
        let again = match source.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(source.kind(), source.to_string()),
        };
        return StoreError::io(path, again);
    }
    let text = error.to_string();
    let lower = text.to_ascii_lowercase();
    if lower.contains("unsupported") || lower.contains("not supported") {
        let reason = format!("Delta table {} is not read here: {text}", path.display());
        return StoreError::Unsupported { reason };
    }
    match error {
        DeltaTableError::ObjectStore { source: ObjectStoreError::NotFound { path: file, .. } } => {
            StoreError::corrupt(path, format!("its log lacks {file}"))
        }
        _ => StoreError::corrupt(path, text),
    }
}

/// The error of the operating system below another one.
fn io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>()
            && (found.raw_os_error().is_some() || found.kind() != io::ErrorKind::Other)
            && found.kind() != io::ErrorKind::NotFound
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
