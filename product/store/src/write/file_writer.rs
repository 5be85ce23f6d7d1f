//! Writing record batches as a file of any format.

use std::io::{self, BufWriter, Write};

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{
    DictionaryHandling, FileWriter as IpcFileWriter, IpcWriteOptions, StreamWriter,
};
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as ParquetCompression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::dictionaries::{Dictionaries, DictionaryError};
use super::options::{Compression, WriteOptions};
use super::sink::{Sink, SinkState};
use super::{Unrepresentable, check_representable};
use crate::Format;

/// What a finished file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStats {
    /// Rows in the file.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The format cannot hold the data exactly.
    #[error(transparent)]
    Unrepresentable(#[from] Unrepresentable),
    /// The target refused bytes.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A batch does not have the schema that the file was begun with, or the format's library
    /// refused it.
    #[error("{format} writer: {message}", format = .format.name())]
    Refused {
        /// The format that was written.
        format: Format,
        /// What the library said.
        message: String,
    },
}

/// Writes record batches as a file of one format.
///
/// Nothing is complete before [`finish`](Self::finish); a writer that is dropped leaves a torn
/// file. Blocking: for use off the I/O threads.
pub struct FileWriter {
    encoder: Option<Encoder>,
    dictionaries: Option<Dictionaries>,
    state: SinkState,
    format: Format,
    schema: SchemaRef,
    rows: u64,
}

enum Encoder {
    Parquet(Box<ArrowWriter<Sink>>),
    Arrow(Box<IpcFileWriter<BufWriter<Sink>>>),
    ArrowStream(Box<StreamWriter<BufWriter<Sink>>>),
    Csv(Box<arrow_csv::Writer<BufWriter<Sink>>>),
    Ndjson(Box<arrow_json::LineDelimitedWriter<BufWriter<Sink>>>),
}

/// An error of the two libraries below.
enum LibraryError {
    Arrow(ArrowError),
    Parquet(ParquetError),
}

impl From<ArrowError> for LibraryError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

impl From<ParquetError> for LibraryError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl From<io::Error> for LibraryError {
    fn from(error: io::Error) -> Self {
        Self::Arrow(ArrowError::from(error))
    }
}

impl FileWriter {
    /// Begins a file on `target`. The format's head, if it has one, is written at once.
    ///
    /// # Errors
    /// [`WriteError::Unrepresentable`] where the format cannot hold the schema,
    /// [`WriteError::Refused`] for a compression that the format does not know.
    pub fn new(
        target: Box<dyn Write + Send>,
        format: Format,
        schema: SchemaRef,
        options: &WriteOptions,
    ) -> Result<Self, WriteError> {
        check_representable(&schema, format)?;
        let text = matches!(format, Format::Csv | Format::Ndjson);
        let (sink, state) = Sink::new(target, options.gzip && text);
        let dictionaries = Dictionaries::new(&schema, format);
        let mut writer = Self { encoder: None, dictionaries, state, format, schema, rows: 0 };
        let encoder = writer.encoder(sink, options);
        writer.encoder = Some(encoder.map_err(|error| writer.failure(error))?);
        Ok(writer)
    }

    /// The schema of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The format being written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes that have reached the target so far.
    pub fn bytes(&self) -> u64 {
        self.state.bytes()
    }

    /// Writes one batch.
    ///
    /// # Errors
    /// After an error the file is torn, and every further call fails.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        if batch.schema_ref().fields() != self.schema.fields() {
            return Err(self.refused(format!(
                "expected a batch of {}, found one of {}",
                self.schema,
                batch.schema_ref()
            )));
        }
        if batch.num_rows() == 0 {
            // Says nothing, and the Arrow IPC writer makes invalid run ends of an empty slice.
            return Ok(());
        }
        // Taken out, so that it is gone if anything fails.
        let Some(mut encoder) = self.encoder.take() else {
            return Err(self.refused("an earlier batch failed".into()));
        };
        let adapted = match &mut self.dictionaries {
            Some(dictionaries) => match dictionaries.adapt(batch) {
                Ok(adapted) => Some(adapted),
                Err(DictionaryError::Unrepresentable(error)) => return Err(error.into()),
                Err(DictionaryError::Arrow(error)) => return Err(self.failure(error.into())),
            },
            None => None,
        };
        if let Err(error) = encoder.write(adapted.as_ref().unwrap_or(batch)) {
            return Err(self.failure(error));
        }
        self.encoder = Some(encoder);
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds an entry to the file's own metadata: of the Parquet footer or the Arrow IPC footer.
    /// The other formats have no place for it and pass it over.
    pub(crate) fn footer_metadata(&mut self, key: &str, value: &str) {
        match &mut self.encoder {
            Some(Encoder::Parquet(writer)) => {
                writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value.to_owned()))
            }
            Some(Encoder::Arrow(writer)) => writer.write_metadata(key, value),
            _ => {}
        }
    }

    /// Writes the end of the file and flushes it. Syncing is up to the target's owner.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn finish(mut self) -> Result<FileStats, WriteError> {
        let Some(encoder) = self.encoder.take() else {
            return Err(self.refused("an earlier batch failed".into()));
        };
        match encoder.finish() {
            Ok(()) => Ok(FileStats { rows: self.rows, bytes: self.state.bytes() }),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn refused(&self, message: String) -> WriteError {
        WriteError::Refused { format: self.format, message }
    }

    /// The error to report: the target's own where it failed, else what the library says.
    fn failure(&self, error: LibraryError) -> WriteError {
        if let Some(failure) = self.state.take_failure() {
            return WriteError::Io(failure);
        }
        match error {
            LibraryError::Arrow(error) => self.refused(error.to_string()),
            LibraryError::Parquet(error) => self.refused(error.to_string()),
        }
    }

    fn encoder(&self, sink: Sink, options: &WriteOptions) -> Result<Encoder, LibraryError> {
        let schema = &self.schema;
        let compression = options.compression;
        Ok(match self.format {
            Format::Parquet => {
                let properties = parquet_properties(options)?;
                let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties))?;
                Encoder::Parquet(Box::new(writer))
            }
            Format::Arrow => {
                let options = ipc_options(compression)?;
                let sink = BufWriter::new(sink);
                let writer = IpcFileWriter::try_new_with_options(sink, schema, options)?;
                Encoder::Arrow(Box::new(writer))
            }
            Format::ArrowStream => {
                let options = ipc_options(compression)?;
                let sink = BufWriter::new(sink);
                let writer = StreamWriter::try_new_with_options(sink, schema, options)?;
                Encoder::ArrowStream(Box::new(writer))
            }
            Format::Csv => {
                let mut writer = arrow_csv::WriterBuilder::new()
                    .with_header(true)
                    .with_delimiter(options.delimiter)
                    .build(BufWriter::new(sink));
                // The header stands there even if no batch follows.
                writer.write(&RecordBatch::new_empty(schema.clone()))?;
                Encoder::Csv(Box::new(writer))
            }
            Format::Ndjson => {
                // With null keys left out, a column without values would be lost.
                let writer = arrow_json::WriterBuilder::new()
                    .with_explicit_nulls(true)
                    .build::<_, arrow_json::writer::LineDelimited>(BufWriter::new(sink));
                Encoder::Ndjson(Box::new(writer))
            }
        })
    }
}

impl Encoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), LibraryError> {
        match self {
            Self::Parquet(writer) => {
                // The writer looks at the size of its row group once a call.
                let step = rows_a_step(batch);
                for from in (0..batch.num_rows()).step_by(step) {
                    writer.write(&batch.slice(from, step.min(batch.num_rows() - from)))?;
                }
            }
            Self::Arrow(writer) => writer.write(batch)?,
            Self::ArrowStream(writer) => writer.write(batch)?,
            Self::Csv(writer) => writer.write(batch)?,
            Self::Ndjson(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<(), LibraryError> {
        let sink = match self {
            Self::Parquet(writer) => return Ok(writer.into_inner()?.finish()?),
            Self::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
            Self::ArrowStream(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
            Self::Csv(writer) => writer.into_inner(),
            Self::Ndjson(mut writer) => {
                writer.finish()?;
                writer.into_inner()
            }
        };
        Ok(sink.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?)
    }
}

/// How many rows are given to the Parquet writer at once: some 8 MiB of them, and some at least,
/// as the size of a slice is that of all it was sliced from.
fn rows_a_step(batch: &RecordBatch) -> usize {
    const STEP_BYTES: usize = 8 << 20;
    const STEP_ROWS: std::ops::RangeInclusive<usize> = 64..=16 * 1024;
    let row_bytes = batch.get_array_memory_size() / batch.num_rows().max(1);
    (STEP_BYTES / row_bytes.max(1)).clamp(*STEP_ROWS.start(), *STEP_ROWS.end())
}

fn parquet_properties(options: &WriteOptions) -> Result<WriterProperties, ParquetError> {
    let compression = match options.compression.unwrap_or(Compression::ZSTD) {
        Compression::Uncompressed => ParquetCompression::UNCOMPRESSED,
        Compression::Snappy => ParquetCompression::SNAPPY,
        Compression::Gzip => ParquetCompression::GZIP(GzipLevel::default()),
        Compression::Lz4 => ParquetCompression::LZ4_RAW,
        Compression::Zstd(level) => ParquetCompression::ZSTD(ZstdLevel::try_new(level)?),
    };
    Ok(WriterProperties::builder()
        .set_created_by(concat!("wingbeat ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression)
        .set_max_row_group_row_count(Some(options.row_group_rows.max(1)))
        .set_max_row_group_bytes(Some(options.row_group_bytes.max(1)))
        .set_statistics_enabled(EnabledStatistics::Page)
        .build())
}

fn ipc_options(compression: Option<Compression>) -> Result<IpcWriteOptions, ArrowError> {
    let (codec, level) = match compression.unwrap_or(Compression::Uncompressed) {
        Compression::Uncompressed => (None, None),
        Compression::Lz4 => (Some(CompressionType::LZ4_FRAME), None),
        Compression::Zstd(level) => (Some(CompressionType::ZSTD), Some(level)),
        other => {
            return Err(ArrowError::InvalidArgumentError(format!(
                "arrow ipc knows the compressions none, lz4 and zstd, found {other}"
            )));
        }
    };
    let options = IpcWriteOptions::default()
        .try_with_compression(codec)?
        .try_with_compression_level(level)?;
    // A file takes additions to a dictionary, and nothing else.
    Ok(options.with_dictionary_handling(DictionaryHandling::Delta))
}
