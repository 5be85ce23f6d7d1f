//! The boundary around the format libraries: their errors and their panics become ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

use crate::error::StoreError;

/// Runs a decoder on a file that may be broken; a panic in it says the file is corrupt.
///
/// The decoder must not be used again after a panic: callers drop it with the first error.
pub(crate) fn guard<T>(
    file: &Path,
    decode: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("the decoder gave up");
        Err(StoreError::corrupt(file, reason))
    })
}

/// An error of arrow's readers, about a file.
pub(crate) fn arrow_error(file: &Path, error: ArrowError) -> StoreError {
    match error {
        ArrowError::IoError(_, source) => StoreError::io(file, source),
        error => StoreError::corrupt(file, error),
    }
}

/// An error of the Parquet reader, about a file.
pub(crate) fn parquet_error(file: &Path, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
                StoreError::io(file, *source)
            }
            Ok(source) => StoreError::corrupt(file, source),
            Err(inner) => StoreError::corrupt(file, inner),
        },
        error => StoreError::corrupt(file, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_corrupt_file() {
        let result: Result<(), _> = guard(Path::new("a.parquet"), || panic!("offset {}", 7));
        let text = result.unwrap_err().to_string();
        assert_eq!(text, "file a.parquet is corrupt: offset 7");
    }
}
