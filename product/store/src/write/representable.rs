//! Which schemas a format gives back exactly: asked before the first batch is written.

use std::fmt;

use arrow_array::timezone::Tz;
use arrow_schema::{DataType, Field, Fields, IntervalUnit, Schema};
use parquet::arrow::{ArrowSchemaConverter, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::file::metadata::KeyValue;

use crate::Format;

/// Why a format cannot hold a schema: every column that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrepresentable {
    format: Format,
    problems: Vec<Problem>,
}

/// One column that a format cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    /// The path of the column, by names joined with a dot; empty for the schema as a whole.
    column: String,
    found: String,
}

/// The most columns that a message names; a wide table may have thousands.
const NAMED_MAX: usize = 8;

impl Unrepresentable {
    pub(super) fn column(format: Format, column: &str, found: impl Into<String>) -> Self {
        Self { format, problems: vec![Problem { column: column.to_owned(), found: found.into() }] }
    }

    /// The format that was asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The columns in the way: names joined with a dot, the empty name for the whole schema.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| problem.column.as_str())
    }
}

impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot hold ", self.format.name())?;
        for (index, problem) in self.problems.iter().take(NAMED_MAX).enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if problem.column.is_empty() {
                f.write_str(&problem.found)?;
            } else {
                write!(f, "column {:?}: {}", problem.column, problem.found)?;
            }
        }
        match self.problems.len().saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Unrepresentable {}

/// Whether `format` gives back exactly what is written with `schema`.
///
/// Exactly means for Parquet and Arrow IPC that the schema read back is equal, metadata included,
/// and so is every value. Text holds no types, so for CSV and NDJSON it means that every value
/// has a text of its own.
///
/// # Errors
/// [`Unrepresentable`] names every column that the format cannot hold.
pub fn check_representable(schema: &Schema, format: Format) -> Result<(), Unrepresentable> {
    let mut problems = Vec::new();
    if schema.fields().is_empty() && !matches!(format, Format::Arrow | Format::ArrowStream) {
        problems.push(whole("a schema without columns"));
    }
    let mut check = Check { format, path: Vec::new(), problems };
    check.fields(schema.fields());
    let mut problems = check.problems;
    if problems.is_empty() && format == Format::Parquet {
        problems.extend(parquet_schema_changes(schema));
    }
    if problems.is_empty() { Ok(()) } else { Err(Unrepresentable { format, problems }) }
}

fn whole(found: impl Into<String>) -> Problem {
    Problem { column: String::new(), found: found.into() }
}

/// The walk over all fields, nested ones too.
struct Check<'a> {
    format: Format,
    path: Vec<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn fields(&mut self, fields: &'a Fields) {
        for field in fields {
            self.field(field);
        }
    }

    fn field(&mut self, field: &'a Field) {
        self.path.push(field.name());
        if let Some(found) = self.refusal(field.data_type()) {
            self.problems.push(Problem { column: self.path.join("."), found });
        } else {
            self.children(field.data_type());
        }
        self.path.pop();
    }

    fn children(&mut self, data_type: &'a DataType) {
        match data_type {
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::FixedSizeList(field, _)
            | DataType::Map(field, _) => self.field(field),
            DataType::RunEndEncoded(_, values) => self.field(values),
            DataType::Struct(fields) => self.fields(fields),
            DataType::Union(fields, _) => {
                for (_, field) in fields.iter() {
                    self.field(field);
                }
            }
            DataType::Dictionary(_, value) => self.children(value),
            _ => {}
        }
    }

    fn refusal(&self, data_type: &DataType) -> Option<String> {
        match self.format {
            Format::Parquet => parquet_refusal(data_type),
            Format::Arrow | Format::ArrowStream => ipc_refusal(data_type),
            Format::Csv => csv_refusal(data_type),
            Format::Ndjson => ndjson_refusal(data_type),
        }
    }
}

/// What Parquet does not give back, found by writing and reading every type (see the tests).
fn parquet_refusal(data_type: &DataType) -> Option<String> {
    let refused = match data_type {
        DataType::Union(..) | DataType::RunEndEncoded(..) => true,
        DataType::Interval(IntervalUnit::MonthDayNano) | DataType::FixedSizeBinary(0) => true,
        // The writer takes a single digit for 64 bits wide and then refuses 32.
        DataType::Decimal32(1, _) => true,
        DataType::Dictionary(_, value) => !parquet_dictionary_value(value),
        DataType::Struct(fields) if fields.is_empty() => {
            return Some("a struct without fields".into());
        }
        _ => false,
    };
    refused.then(|| data_type.to_string())
}

/// Whether a dictionary with such values is read back as a dictionary. (One of fixed-size binary
/// values is, unless a row group holds none of them: then the reader panics.)
fn parquet_dictionary_value(value: &DataType) -> bool {
    match value {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => true,
        DataType::Float32 | DataType::Float64 => true,
        DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => true,
        DataType::Timestamp(..) | DataType::Duration(_) => true,
        other => other.is_integer(),
    }
}

/// What Arrow IPC does not give back: its schema does not tell an empty time zone from none.
fn ipc_refusal(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Timestamp(_, Some(zone)) if zone.is_empty() => {
            Some("a timestamp with an empty time zone".into())
        }
        _ => None,
    }
}

fn csv_refusal(data_type: &DataType) -> Option<String> {
    if data_type.is_nested() {
        return Some(data_type.to_string());
    }
    text_refusal(data_type)
}

fn ndjson_refusal(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Union(..) => Some(data_type.to_string()),
        // The keys become names of a JSON object.
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.first().is_some_and(|key| !is_text(key.data_type())) => {
                Some(data_type.to_string())
            }
            _ => None,
        },
        _ => text_refusal(data_type),
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// What has no text of its own.
fn text_refusal(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Some(data_type.to_string()),
        DataType::Timestamp(_, Some(zone)) if zone.parse::<Tz>().is_err() => {
            Some(format!("a timestamp of the unknown time zone {zone:?}"))
        }
        // The JSON writer panics on values of this type.
        DataType::Dictionary(_, value) if value.is_null() => Some(data_type.to_string()),
        DataType::RunEndEncoded(_, values) if values.data_type().is_null() => {
            Some(data_type.to_string())
        }
        DataType::Dictionary(_, value) => text_refusal(value),
        DataType::RunEndEncoded(_, values) => text_refusal(values.data_type()),
        _ => None,
    }
}

/// Compares `schema` with what a Parquet reader would make of the schema that a writer would
/// write: whatever the rules above forgot is found here.
fn parquet_schema_changes(schema: &Schema) -> Option<Problem> {
    let read_back = ArrowSchemaConverter::new().convert(schema).and_then(|descriptor| {
        let embedded = KeyValue::new(
            parquet::arrow::ARROW_SCHEMA_META_KEY.to_owned(),
            encode_arrow_schema(schema),
        );
        parquet_to_arrow_schema(&descriptor, Some(&vec![embedded]))
    });
    let read_back = match read_back {
        Ok(read_back) => read_back,
        Err(error) => return Some(whole(format!("the schema: {error}"))),
    };
    if read_back == *schema {
        return None;
    }
    let pairs = schema.fields().iter().zip(read_back.fields());
    match pairs.into_iter().find(|(written, read)| written != read) {
        Some((written, read)) => Some(Problem {
            column: written.name().clone(),
            found: format!("{written} would come back as {read}"),
        }),
        None => Some(whole("the metadata of the schema")),
    }
}
