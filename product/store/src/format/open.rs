//! Opening a file of any format.

use std::io::Read;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::csv_read::CsvScan;
use super::ipc_file::IpcFile;
use super::ipc_stream::IpcStream;
use super::kind::Format;
use super::ndjson_read::NdjsonScan;
use super::options::ReadOptions;
use super::parquet_read::ParquetFile;
use super::source::Source;
use crate::error::StoreError;

/// A sequence of batches that ends after its first error.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>;

/// A file, opened, with its schema known.
pub(crate) enum Opened {
    /// Parquet.
    Parquet(ParquetFile),
    /// An Arrow IPC file.
    IpcFile(IpcFile),
    /// A format that can only be read from front to back.
    Stream(SchemaRef, Batches),
}

impl Opened {
    /// Opens a file.
    pub(crate) fn open(
        source: Source,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        match format {
            Format::Parquet => ParquetFile::open(source).map(Self::Parquet),
            // Many programs write the stream form under the file form's extension.
            Format::Arrow | Format::ArrowStream => {
                if source.len() >= 6 && source.read(0, 6)?.as_slice() == b"ARROW1" {
                    return IpcFile::open(source).map(Self::IpcFile);
                }
                if format == Format::Arrow
                    && source.len() >= 4
                    && source.read(0, 4)?.as_slice() != [0xff; 4]
                {
                    return IpcFile::open(source).map(Self::IpcFile);
                }
                let input = Box::new(source.reader_at(0));
                Self::stream(input, Format::ArrowStream, source.name(), options)
            }
            Format::Csv | Format::Ndjson => {
                Self::stream(Box::new(source.reader_at(0)), format, source.name(), options)
            }
        }
    }

    /// Opens what can be read from front to back only; no format that needs a footer.
    pub(crate) fn stream(
        input: Box<dyn Read + Send>,
        format: Format,
        name: &Path,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        let (schema, batches): (_, Batches) = match format {
            Format::Csv => {
                let scan = CsvScan::open(input, name, options)?;
                (scan.schema().clone(), Box::new(scan))
            }
            Format::Ndjson => {
                let scan = NdjsonScan::open(input, name, options)?;
                (scan.schema().clone(), Box::new(scan))
            }
            Format::ArrowStream => {
                let scan = IpcStream::open(input, name)?;
                (scan.schema().clone(), Box::new(scan))
            }
            Format::Parquet | Format::Arrow => {
                return Err(StoreError::Unsupported {
                    reason: format!("{format} cannot be read from a stream"),
                });
            }
        };
        Ok(Self::Stream(schema, batches))
    }

    /// The file's own schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        match self {
            Self::Parquet(file) => file.schema(),
            Self::IpcFile(file) => file.schema(),
            Self::Stream(schema, _) => schema,
        }
    }
}
