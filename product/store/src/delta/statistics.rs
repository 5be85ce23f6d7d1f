//! What the log says of a new file: its rows, and for each column the least and greatest value and
//! how many are null.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType, Schema};
use chrono::DateTime;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use serde_json::{Map, Value, json};

use crate::StoreError;
use crate::read::cast_strictly;

/// The columns that statistics are kept of, as every other writer does by default.
const COLUMNS_MAX: usize = 32;
/// How times are written: in milliseconds, which is what readers expect.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3f";

/// The statistics of a file that was just written, as JSON.
pub(super) fn statistics(file: &File, schema: &Schema) -> Result<String, StoreError> {
    let internal = |error: String| StoreError::Internal { reason: error };
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Skip)
        .parse_and_finish(file)
        .map_err(|error| internal(format!("the footer of a new file: {error}")))?;
    let (mut mins, mut maxes, mut nulls) = (Map::new(), Map::new(), Map::new());
    for field in schema.fields().iter().take(COLUMNS_MAX) {
        // Without the statistics of one column a file is read more often than it need be.
        let Ok(Some(column)) = column(&metadata, schema, field.name()) else { continue };
        nulls.insert(field.name().clone(), json!(column.nulls));
        if let (Some(min), Some(max)) = (column.min, column.max) {
            mins.insert(field.name().clone(), min);
            maxes.insert(field.name().clone(), max);
        }
    }
    let rows = metadata.file_metadata().num_rows();
    let all = json!({
        "numRecords": rows, "minValues": mins, "maxValues": maxes, "nullCount": nulls,
        "tightBounds": true,
    });
    Ok(all.to_string())
}

/// What is known of a column.
struct Column {
    nulls: u64,
    min: Option<Value>,
    max: Option<Value>,
}

/// Puts the row groups of a column together; `None` for nested ones.
fn column(
    metadata: &ParquetMetaData,
    schema: &Schema,
    name: &str,
) -> Result<Option<Column>, ArrowError> {
    let descriptor = metadata.file_metadata().schema_descr();
    let converter = StatisticsConverter::try_new(name, schema, descriptor)?
        .with_missing_null_counts_as_zero(false);
    if converter.parquet_column_index().is_none() {
        return Ok(None);
    }
    let groups = metadata.row_groups();
    let nulls = converter.row_group_null_counts(groups)?;
    if nulls.null_count() > 0 {
        return Ok(None);
    }
    let nulls = nulls.values().iter().sum();
    let min = extreme(&converter.row_group_mins(groups)?, Side::Least)?;
    let max = extreme(&converter.row_group_maxes(groups)?, Side::Greatest)?;
    Ok(Some(Column { nulls, min, max }))
}

/// Which end of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Least,
    Greatest,
}

/// The least or greatest of the values of all row groups; a group of nulls alone has none.
fn extreme(values: &ArrayRef, side: Side) -> Result<Option<Value>, ArrowError> {
    let mut best: Option<ArrayRef> = None;
    for at in (0..values.len()).filter(|&at| values.is_valid(at)) {
        let value = values.slice(at, 1);
        let better = match &best {
            None => true,
            Some(best) if side == Side::Least => cmp::lt(&value, best)?.value(0),
            Some(best) => cmp::gt(&value, best)?.value(0),
        };
        if better {
            best = Some(value);
        }
    }
    best.map_or(Ok(None), |best| json_value(&best, side))
}

/// A value as the log writes it; `None` for types whose order readers do not agree on.
fn json_value(value: &ArrayRef, side: Side) -> Result<Option<Value>, ArrowError> {
    Ok(match value.data_type() {
        data_type if data_type.is_integer() => {
            let number = cast_strictly(value, &DataType::Int64)?;
            Some(json!(number.as_primitive::<arrow_array::types::Int64Type>().value(0)))
        }
        DataType::Float32 => finite(f64::from(value.as_primitive::<Float32Type>().value(0))),
        DataType::Float64 => finite(value.as_primitive::<Float64Type>().value(0)),
        DataType::Utf8 => Some(json!(value.as_string::<i32>().value(0))),
        DataType::Date32 => {
            let options = FormatOptions::default();
            let text = ArrayFormatter::try_new(value, &options)?.value(0).try_to_string()?;
            Some(json!(text))
        }
        DataType::Timestamp(_, zone) => {
            let time = value.as_primitive::<TimestampMicrosecondType>().value(0);
            let up = if side == Side::Greatest { 999 } else { 0 };
            let millis = time.saturating_add(up).div_euclid(1000);
            let suffix = if zone.is_some() { "Z" } else { "" };
            DateTime::from_timestamp_millis(millis)
                .map(|time| json!(format!("{}{suffix}", time.format(TIME_FORMAT))))
        }
        _ => None,
    })
}

fn finite(value: f64) -> Option<Value> {
    value.is_finite().then(|| json!(value))
}
