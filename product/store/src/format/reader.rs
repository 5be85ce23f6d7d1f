//! Reading one file, or anything that can be read from front to back.

use std::io::Read;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{Format, ReadOptions};
use crate::error::StoreError;

/// The batches of one file, with its schema known up front.
///
/// The iterator ends after its first error.
pub struct FileReader {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>,
    file: PathBuf,
}

impl FileReader {
    /// Opens a local file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when it cannot be read, [`StoreError::Corrupt`] when it is not of that
    /// format.
    pub fn open(path: &Path, format: Format, options: &ReadOptions) -> Result<Self, StoreError> {
        let _ = (path, format, options);
        Err(StoreError::Internal { reason: "not yet".into() })
    }

    /// Reads what cannot be sought in, such as standard input.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when it is not of that format.
    pub fn from_reader(
        reader: Box<dyn Read + Send>,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        let _ = (reader, format, options);
        Err(StoreError::Internal { reason: "not yet".into() })
    }

    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for FileReader {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = &self.file;
        self.batches.next()
    }
}
