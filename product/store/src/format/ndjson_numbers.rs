//! Whole numbers in NDJSON that no `i64` holds. Inference takes them for floats, and digits would
//! be lost.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use arrow_schema::{DataType, FieldRef, Schema};

use super::guard::{arrow_error, guard};
use super::ndjson_read::decoder;

/// The inferred schema, with another type where a column of floats, at any depth, holds whole
/// numbers alone: `UInt64` if it takes all of them, else text, which keeps every digit.
pub(crate) fn settle(inferred: Schema, sample: &[u8], name: &Path, rows_max: usize) -> Schema {
    let floats = inferred.fields().iter().filter(|field| has_floats(field.data_type()));
    let floats: Vec<FieldRef> = floats.cloned().collect();
    if floats.is_empty() {
        return inferred;
    }
    let texts = floats.iter().map(|field| retyped(field, as_text(field.data_type())));
    let texts = Arc::new(Schema::new(texts.collect::<Vec<_>>()));
    let decoded = guard(name, || {
        let rows = rows_max.clamp(1, sample.len().max(1));
        let decode = || {
            let mut decoder = decoder(texts, rows, true)?;
            decoder.decode(sample)?;
            decoder.flush()
        };
        decode().map_err(|error| arrow_error(name, error))
    });
    // What cannot be decoded is told when it is read.
    let Ok(Some(decoded)) = decoded else { return inferred };
    let fields = inferred.fields().iter().map(|field| match decoded.column_by_name(field.name()) {
        Some(texts) => retyped(field, settled(field.data_type(), texts)),
        None => field.clone(),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn has_floats(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float64 => true,
        DataType::List(item) => has_floats(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_floats(field.data_type())),
        _ => false,
    }
}

/// The same with text in place of floats, so that numbers come as they were written.
fn as_text(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Float64 => DataType::Utf8,
        DataType::List(item) => DataType::List(retyped(item, as_text(item.data_type()))),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| retyped(field, as_text(field.data_type())));
            DataType::Struct(fields.collect())
        }
        other => other.clone(),
    }
}

/// The type for an inferred one, by its values in [`as_text`].
fn settled(data_type: &DataType, texts: &dyn Array) -> DataType {
    match data_type {
        DataType::Float64 => of_numbers(texts.as_string()),
        DataType::List(item) => {
            let items = texts.as_list::<i32>().values();
            DataType::List(retyped(item, settled(item.data_type(), items)))
        }
        DataType::Struct(fields) => {
            let fields = fields.iter().zip(texts.as_struct().columns());
            let fields =
                fields.map(|(field, texts)| retyped(field, settled(field.data_type(), texts)));
            DataType::Struct(fields.collect())
        }
        other => other.clone(),
    }
}

fn of_numbers(texts: &StringArray) -> DataType {
    let all = |is: fn(&str) -> bool| texts.iter().flatten().all(is);
    let is_whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    // Every one is an i64 where there are none, or where one is -0.
    if !all(is_whole) || all(|text| text.parse::<i64>().is_ok()) {
        DataType::Float64
    } else if all(|text| text.parse::<u64>().is_ok()) {
        DataType::UInt64
    } else {
        DataType::Utf8
    }
}

fn retyped(field: &FieldRef, data_type: DataType) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}
