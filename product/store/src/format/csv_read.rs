//! Reading CSV: every value as text first, so that one that does not fit its column can be named.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_csv::reader::{Decoder, ReaderBuilder};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::csv_quotes::Quotes;
use super::guard::{arrow_error, guard};
use super::options::ReadOptions;
use super::text_infer::Guess;
use super::text_source::{TextSource, read_error};
use crate::error::StoreError;

/// How much is read at once.
const READ_BYTES: usize = 256 * 1024;
/// The rows decoded at once while the types are inferred.
const INFER_STEP_ROWS: usize = 128;

/// The batches of a CSV file.
pub(crate) struct CsvScan {
    input: BufReader<Box<dyn Read + Send>>,
    decoder: Decoder,
    quotes: Quotes,
    schema: SchemaRef,
    null_tokens: Vec<String>,
    name: PathBuf,
    /// The line at which the next batch begins, counted from 1.
    line: u64,
    done: bool,
}

impl CsvScan {
    /// Opens a CSV text, inferring what types the options do not give.
    pub(crate) fn open(
        input: Box<dyn Read + Send>,
        name: &Path,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        let source = TextSource::open(input, options.gzip, name)?;
        let delimiter = options.delimiter.unwrap_or_else(|| delimiter_of(name));
        let dialect = Dialect { header: options.header, delimiter };
        if !source.truncated {
            let mut quotes = Quotes::new(delimiter);
            quotes.see(&source.sample);
            quotes.end(name)?;
        }
        let schema = match &options.schema {
            Some(schema) if !options.header || options.schema_settled => schema.clone(),
            given => {
                let names = dialect.column_names(&source.sample, name)?;
                let inferred = infer(&source, dialect, &names, name, options)?;
                match given {
                    Some(given) => overlay(&inferred, given, name)?,
                    None => inferred,
                }
            }
        };
        let texts = text_schema(schema.fields().iter().map(|field| field.name().clone()));
        let line = if options.header { 1 + header_lines(&source.sample) } else { 1 };
        Ok(Self {
            input: BufReader::with_capacity(READ_BYTES, source.input),
            decoder: dialect.decoder(texts, batch_rows(options, schema.fields().len())),
            quotes: Quotes::new(delimiter),
            schema,
            null_tokens: options.null_tokens.clone(),
            name: name.to_path_buf(),
            line,
            done: false,
        })
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch, `None` at the end.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        let texts = loop {
            let bytes = self.input.fill_buf().map_err(|error| read_error(&self.name, error))?;
            let at_end = bytes.is_empty();
            if at_end {
                self.quotes.end(&self.name)?;
            }
            let (name, decoder) = (self.name.as_path(), &mut self.decoder);
            let read =
                guard(name, || decoder.decode(bytes).map_err(|error| arrow_error(name, error)))?;
            self.quotes.see(bytes.get(..read).unwrap_or_default());
            self.input.consume(read);
            if at_end || read == 0 || self.decoder.capacity() == 0 {
                let decoder = &mut self.decoder;
                break guard(name, || decoder.flush().map_err(|error| arrow_error(name, error)))?;
            }
        };
        let Some(texts) = texts else { return Ok(None) };
        let mut columns = Vec::with_capacity(texts.num_columns());
        for index in 0..texts.num_columns() {
            columns.push(self.convert(index, &texts)?);
        }
        self.line += texts.num_rows() as u64 + inner_lines(&texts, texts.num_rows());
        let rows = RecordBatchOptions::new().with_row_count(Some(texts.num_rows()));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows);
        batch.map(Some).map_err(|error| arrow_error(&self.name, error))
    }

    /// Turns a column of texts into its type.
    fn convert(&self, index: usize, batch: &RecordBatch) -> Result<ArrayRef, StoreError> {
        let texts = null_out(batch.column(index).as_string::<i32>(), &self.null_tokens);
        let field = self.schema.field(index);
        let texts: ArrayRef = Arc::new(texts);
        if field.data_type() == &DataType::Utf8 {
            return Ok(texts);
        }
        let options = CastOptions { safe: true, ..CastOptions::default() };
        let values = cast_with_options(&texts, field.data_type(), &options)
            .map_err(|error| arrow_error(&self.name, error))?;
        if values.null_count() > texts.null_count() {
            let lost = (0..texts.len()).find(|&row| values.is_null(row) && texts.is_valid(row));
            let row = lost.unwrap_or(0);
            return Err(StoreError::BadValue {
                file: self.name.clone(),
                line: self.line + row as u64 + inner_lines(batch, row),
                column: field.name().clone(),
                value: texts.as_string::<i32>().value(row).to_owned(),
                expected: field.data_type().to_string(),
            });
        }
        Ok(values)
    }
}

impl Iterator for CsvScan {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}

/// How the values stand in a text.
#[derive(Clone, Copy)]
struct Dialect {
    header: bool,
    delimiter: u8,
}

impl Dialect {
    /// A decoder that makes texts of a text.
    fn decoder(self, texts: SchemaRef, rows: usize) -> Decoder {
        ReaderBuilder::new(texts)
            .with_header(self.header)
            .with_delimiter(self.delimiter)
            .with_batch_size(rows)
            .build_decoder()
    }

    /// The names in the header, or made-up ones as many as the first line has values.
    fn column_names(self, sample: &[u8], name: &Path) -> Result<Vec<String>, StoreError> {
        if sample.is_empty() {
            return Err(StoreError::corrupt(name, "it is empty, and has not even a header"));
        }
        let format = arrow_csv::reader::Format::default()
            .with_header(self.header)
            .with_delimiter(self.delimiter);
        let inferred = guard(name, || {
            format.infer_schema(sample, Some(0)).map_err(|error| arrow_error(name, error))
        })?;
        Ok(inferred.0.fields().iter().map(|field| field.name().clone()).collect())
    }
}

/// A tab for `.tsv`, else a comma.
fn delimiter_of(name: &Path) -> u8 {
    let name = name.to_string_lossy().to_ascii_lowercase();
    if name.ends_with(".tsv") || name.ends_with(".tsv.gz") { b'\t' } else { b',' }
}

/// A schema of texts.
fn text_schema(names: impl Iterator<Item = String>) -> SchemaRef {
    Arc::new(Schema::new(
        names.map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>(),
    ))
}

/// Infers the types from the beginning of a text.
fn infer(
    source: &TextSource,
    dialect: Dialect,
    names: &[String],
    name: &Path,
    options: &ReadOptions,
) -> Result<SchemaRef, StoreError> {
    let mut decoder = dialect.decoder(text_schema(names.iter().cloned()), INFER_STEP_ROWS);
    let mut guesses = vec![Guess::default(); names.len()];
    let mut rest = source.sample.as_slice();
    let mut rows = 0;
    while rows < options.infer_rows_max {
        let texts = guard(name, || {
            while decoder.capacity() > 0 {
                let read = decoder.decode(rest).map_err(|error| arrow_error(name, error))?;
                rest = rest.get(read..).unwrap_or_default();
                if read == 0 {
                    break;
                }
            }
            decoder.flush().map_err(|error| arrow_error(name, error))
        });
        let texts = match texts {
            Ok(Some(texts)) => texts,
            Ok(None) => break,
            // The sample may end inside a quoted value; a real fault shows when it is read.
            Err(_) if source.truncated => break,
            Err(error) => return Err(error),
        };
        rows += texts.num_rows();
        for (guess, column) in guesses.iter_mut().zip(texts.columns()) {
            let column = null_out(column.as_string::<i32>(), &options.null_tokens);
            *guess = column.iter().flatten().fold(*guess, Guess::see);
        }
    }
    let fields = names.iter().zip(guesses);
    let fields = fields.map(|(name, guess)| Field::new(name, guess.data_type(), true));
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// The inferred schema with the types that were given in place of the guessed ones.
fn overlay(inferred: &Schema, given: &Schema, name: &Path) -> Result<SchemaRef, StoreError> {
    for field in given.fields() {
        if inferred.index_of(field.name()).is_err() {
            let reason = format!("it has no column {:?}, which its schema names", field.name());
            return Err(StoreError::corrupt(name, reason));
        }
    }
    let fields = inferred.fields().iter().map(|field| {
        let given = given.fields().iter().find(|given| given.name() == field.name());
        given.unwrap_or(field).clone()
    });
    Ok(Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), given.metadata().clone())))
}

/// The texts with those that stand for null taken out.
fn null_out(texts: &StringArray, null_tokens: &[String]) -> StringArray {
    if null_tokens.is_empty() {
        return texts.clone();
    }
    let keep = |text: &&str| !null_tokens.iter().any(|token| token == text);
    texts.iter().map(|text| text.filter(keep)).collect()
}

/// The rows of a batch: wide rows make shorter batches.
fn batch_rows(options: &ReadOptions, columns: usize) -> usize {
    // A value of text takes about so much once decoded.
    const VALUE_BYTES: usize = 32;
    let fit = options.batch_bytes_target / (columns.max(1) * VALUE_BYTES);
    fit.clamp(1, options.batch_rows_max.max(1))
}

/// The lines that the header takes: one and those inside its quoted names.
fn header_lines(sample: &[u8]) -> u64 {
    let mut quoted = false;
    let mut lines = 0;
    for byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => {
                lines += 1;
                if !quoted {
                    break;
                }
            }
            _ => {}
        }
    }
    lines
}

/// The line ends inside the values of the first rows of a batch of texts.
fn inner_lines(texts: &RecordBatch, rows: usize) -> u64 {
    let of_column = |texts: &ArrayRef| {
        let texts = texts.as_string::<i32>();
        let end = texts.value_offsets().get(rows).copied().unwrap_or(0);
        let bytes = texts.value_data().get(..usize::try_from(end).unwrap_or(0));
        bytes.unwrap_or_default().iter().filter(|&&byte| byte == b'\n').count() as u64
    };
    texts.columns().iter().map(of_column).sum()
}
