//! Reading one file, or anything that can be read from front to back.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::open::{Batches, Opened};
use super::parquet_read::{BatchBounds, Decoding, ParquetScan, ParquetWanted};
use super::source::Source;
use super::{Format, ReadOptions};
use crate::error::StoreError;

/// What errors call an input that is no file.
const INPUT_NAME: &str = "the input";

/// The batches of one file, with its schema known up front.
///
/// The iterator ends after its first error.
pub struct FileReader {
    schema: SchemaRef,
    batches: Batches,
    rows: Option<u64>,
}

impl FileReader {
    /// Opens a local file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when it cannot be read, [`StoreError::Corrupt`] when it is not of that
    /// format.
    pub fn open(path: &Path, format: Format, options: &ReadOptions) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|error| StoreError::io(path, error))?;
        let meta = file.metadata().map_err(|error| StoreError::io(path, error))?;
        if meta.is_dir() {
            return Err(StoreError::io(path, io::ErrorKind::IsADirectory.into()));
        }
        if !meta.is_file() && !needs_seek(format) {
            return Self::from_opened(
                Opened::stream(Box::new(file), format, path, options)?,
                options,
            );
        }
        if !meta.is_file() {
            return Self::from_reader(Box::new(file), format, options);
        }
        Self::from_opened(Opened::open(Source::new(file, path)?, format, options)?, options)
    }

    /// Reads what cannot be sought in, such as standard input. Formats with a footer are first
    /// copied to a temporary file without a name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when it is not of that format, [`StoreError::Full`] or
    /// [`StoreError::Io`] when the copy fails.
    pub fn from_reader(
        mut reader: Box<dyn Read + Send>,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        if !needs_seek(format) {
            let opened = Opened::stream(reader, format, Path::new(INPUT_NAME), options)?;
            return Self::from_opened(opened, options);
        }
        let folder = std::env::temp_dir();
        let failed = |error| StoreError::io(&folder, error);
        let mut copy = tempfile::tempfile_in(&folder).map_err(failed)?;
        io::copy(&mut reader, &mut copy).map_err(failed)?;
        Self::from_opened(Opened::open(Source::new(copy, INPUT_NAME)?, format, options)?, options)
    }

    /// Starts to read all of an open file.
    fn from_opened(opened: Opened, options: &ReadOptions) -> Result<Self, StoreError> {
        let schema = opened.schema().clone();
        let (batches, rows): (Batches, _) = match opened {
            Opened::Stream(_, batches) => (batches, None),
            Opened::IpcFile(file) => {
                let rows = file.groups()?.rows();
                (Box::new(file.scan(None)?), Some(rows))
            }
            Opened::Parquet(file) => {
                let bounds = BatchBounds {
                    rows_max: options.batch_rows_max,
                    bytes_target: options.batch_bytes_target,
                };
                let wanted = ParquetWanted {
                    roots: (0..schema.fields().len()).collect(),
                    row_groups: (0..file.metadata().num_row_groups()).collect(),
                    filter: None,
                    filtered: Vec::new(),
                    offset: 0,
                    limit: None,
                    decoding: Decoding { bounds, decoders: None },
                };
                let rows = file.rows();
                (Box::new(ParquetScan::new(file, wanted)), Some(rows))
            }
        };
        Ok(Self { schema, batches, rows })
    }

    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows of the file, where the format knows them.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }
}

/// Whether a format begins at its end.
fn needs_seek(format: Format) -> bool {
    matches!(format, Format::Parquet | Format::Arrow)
}

impl Iterator for FileReader {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()
    }
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader").field("schema", &self.schema).finish_non_exhaustive()
    }
}
