//! Reading NDJSON: one object a line.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_json::reader::{Decoder, infer_json_schema};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use serde_json::Value;

use super::guard::{arrow_error, guard};
use super::ndjson_numbers::settle;
use super::options::ReadOptions;
use super::text_source::{TextSource, read_error};
use crate::error::StoreError;

/// How much is read at once.
const READ_BYTES: usize = 256 * 1024;

/// The batches of an NDJSON file.
pub(crate) struct NdjsonScan {
    input: BufReader<Box<dyn Read + Send>>,
    decoder: Decoder,
    schema: SchemaRef,
    /// Keys that the schema does not name are passed over, since somebody chose the schema.
    lenient: bool,
    name: PathBuf,
    bytes_target: usize,
    /// The text of the batch that is being decoded, to find a fault in.
    text: Vec<u8>,
    /// The line at which that text begins, counted from 1.
    line: u64,
    done: bool,
}

impl NdjsonScan {
    /// Opens an NDJSON text, inferring the schema where the options give none.
    pub(crate) fn open(
        input: Box<dyn Read + Send>,
        name: &Path,
        options: &ReadOptions,
    ) -> Result<Self, StoreError> {
        let source = TextSource::open(input, options.gzip, name)?;
        let schema = match &options.schema {
            Some(schema) => schema.clone(),
            None => infer(&source.sample, name, options.infer_rows_max)?,
        };
        let lenient = options.schema.is_some() && !options.schema_settled;
        let rows = options.batch_rows_max.max(1);
        let decoder = guard(name, || {
            decoder(schema.clone(), rows, lenient).map_err(|error| arrow_error(name, error))
        })?;
        Ok(Self {
            input: BufReader::with_capacity(READ_BYTES, source.input),
            decoder,
            schema,
            lenient,
            name: name.to_path_buf(),
            bytes_target: options.batch_bytes_target.max(1),
            text: Vec::new(),
            line: 1,
            done: false,
        })
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch, `None` at the end.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        self.line += lines(&self.text);
        self.text.clear();
        let (name, decoder) = (self.name.as_path(), &mut self.decoder);
        let read = |error| read_error(name, error);
        let result = guard(name, || {
            loop {
                let bytes = self.input.fill_buf().map_err(read)?;
                let enough = self.text.len() >= self.bytes_target && !decoder.has_partial_record();
                if bytes.is_empty() || enough {
                    break;
                }
                // Whole lines while they last, so that a batch can end after each piece.
                let end = bytes.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
                let bytes = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
                let used = decoder.decode(bytes).map_err(|error| {
                    self.text.extend_from_slice(bytes);
                    arrow_error(name, error)
                })?;
                self.text.extend_from_slice(bytes.get(..used).unwrap_or_default());
                let full = used < bytes.len();
                self.input.consume(used);
                if full {
                    break;
                }
            }
            decoder.flush().map_err(|error| arrow_error(name, error))
        });
        result.map_err(|error| match error {
            StoreError::Corrupt { .. } => self.locate(error),
            other => other,
        })
    }

    /// Finds the line and the value that a batch failed on.
    fn locate(&self, error: StoreError) -> StoreError {
        let name = self.name.as_path();
        for (at, text) in self.text.split(|&byte| byte == b'\n').enumerate() {
            let line = self.line + at as u64;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let object = match serde_json::from_slice::<Value>(text) {
                Ok(Value::Object(object)) => object,
                Ok(other) => {
                    let reason = format!("line {line} holds {}, not an object", shorten(&other));
                    return StoreError::corrupt(name, reason);
                }
                Err(fault) => {
                    return StoreError::corrupt(name, format!("line {line} is no JSON: {fault}"));
                }
            };
            for (key, value) in &object {
                let Ok(field) = self.schema.field_with_name(key) else {
                    if self.lenient {
                        continue;
                    }
                    let reason = format!(
                        "line {line} has a column {key:?} that the first lines have not, and no \
                         schema file names it"
                    );
                    return StoreError::corrupt(name, reason);
                };
                if !fits(field, text, name) {
                    return StoreError::BadValue {
                        file: self.name.clone(),
                        line,
                        column: key.clone(),
                        value: shorten(value),
                        expected: field.data_type().to_string(),
                    };
                }
            }
        }
        error
    }
}

impl Iterator for NdjsonScan {
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

/// A decoder of lines.
pub(super) fn decoder(
    schema: SchemaRef,
    rows: usize,
    lenient: bool,
) -> Result<Decoder, ArrowError> {
    ReaderBuilder::new(schema)
        .with_batch_size(rows)
        .with_coerce_primitive(true)
        .with_strict_mode(!lenient)
        .build_decoder()
}

/// Whether a line's value of one field can be decoded.
fn fits(field: &Field, line: &[u8], name: &Path) -> bool {
    let schema = Arc::new(Schema::new(vec![field.clone()]));
    let decoded = guard(name, || {
        let decode = || {
            let mut decoder = decoder(schema, 1, true)?;
            decoder.decode(line)?;
            decoder.decode(b"\n")?;
            decoder.flush()
        };
        decode().map_err(|error| arrow_error(name, error))
    });
    decoded.is_ok()
}

/// Infers the schema from the first lines, its columns in the order of their first appearance.
fn infer(sample: &[u8], name: &Path, rows_max: usize) -> Result<SchemaRef, StoreError> {
    let schema = guard(name, || {
        let inferred = infer_json_schema(sample, Some(rows_max));
        inferred.map_err(|error| arrow_error(name, error))
    });
    let (schema, _) = schema.map_err(|error| first_fault(sample, name).unwrap_or(error))?;
    if schema.fields().is_empty() {
        return Err(StoreError::corrupt(name, "it holds no object with a key"));
    }
    let schema = settle(schema, sample, name, rows_max);
    let fields = schema.fields().iter().map(without_null);
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// The first line that is no JSON object.
fn first_fault(text: &[u8], name: &Path) -> Option<StoreError> {
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    let mut lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let fault = lines.find_map(|(at, line)| {
        let fault = serde_json::from_slice::<serde_json::Map<String, Value>>(line).err()?;
        Some(format!("line {} is no JSON object: {fault}", at + 1))
    });
    fault.map(|fault| StoreError::corrupt(name, fault))
}

/// A column without a value yet is taken for text, at any depth.
fn without_null(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => DataType::List(without_null(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(without_null).collect()),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type).with_nullable(true))
}

/// The line ends of a text.
fn lines(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// A value's text, cut where it is too long for a message.
fn shorten(value: &Value) -> String {
    const CHARS_MAX: usize = 200;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(CHARS_MAX).collect()
}
