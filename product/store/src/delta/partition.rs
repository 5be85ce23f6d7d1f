//! Values of partition columns, which stand in the log, and in the names of folders, as texts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, BinaryArray, StringArray};
use arrow_schema::{ArrowError, DataType};
use chrono::DateTime;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::StoreError;
use crate::read::cast_strictly;

/// What Hive escapes in the names of folders, and what URLs and file systems give a meaning to.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'*')
    .add(b'/')
    .add(b':')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// The name of the folder of null.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";
/// The longest name of a folder, in bytes.
const FOLDER_BYTES_MAX: usize = 255;
/// How times are written in the log.
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S%.6f";

/// The values of one partition column, one of each file, each an array of one value. An empty
/// text is null, as is none.
pub(super) fn typed(
    texts: Vec<Option<String>>,
    data_type: &DataType,
) -> Result<Vec<ArrayRef>, ArrowError> {
    let texts = texts.into_iter().map(|text| text.filter(|text| !text.is_empty()));
    let texts: ArrayRef = match data_type {
        DataType::Binary => {
            let texts: Vec<Option<Vec<u8>>> =
                texts.map(|text| text.map(String::into_bytes)).collect();
            Arc::new(BinaryArray::from_iter(texts))
        }
        _ => Arc::new(StringArray::from_iter(texts)),
    };
    let values = cast_strictly(&texts, data_type)?;
    Ok((0..values.len()).map(|at| values.slice(at, 1)).collect())
}

/// The texts of a partition column's values.
pub(super) fn texts(name: &str, column: &ArrayRef) -> Result<Vec<Option<String>>, StoreError> {
    let refused = |reason: &str| {
        let data_type = column.data_type();
        Err(StoreError::request(format!("partition column {name:?} ({data_type}): {reason}")))
    };
    let found: Vec<Option<String>> = match column.data_type() {
        DataType::Timestamp(..) => {
            let times = column.as_primitive::<TimestampMicrosecondType>();
            let mut texts = Vec::with_capacity(times.len());
            for time in times {
                let text = time.map(DateTime::from_timestamp_micros);
                match text {
                    Some(None) => return refused("a time is beyond the years that have a text"),
                    Some(Some(time)) => texts.push(Some(time.format(TIME_FORMAT).to_string())),
                    None => texts.push(None),
                }
            }
            texts
        }
        DataType::Binary => return refused("values of this type have no text"),
        _ => {
            let texts = cast_strictly(column, &DataType::Utf8);
            let texts = texts.map_err(|error| StoreError::request(format!("{name:?}: {error}")))?;
            texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
        }
    };
    if found.iter().flatten().any(String::is_empty) {
        return refused("an empty text cannot be told from null in a Delta table");
    }
    Ok(found)
}

/// The folder of a value, with a slash at its end.
pub(super) fn folder_name(name: &str, value: Option<&str>) -> Result<String, StoreError> {
    let escaped = |text| utf8_percent_encode(text, ESCAPED);
    let value = value.map_or_else(|| NULL_FOLDER.to_owned(), |value| escaped(value).to_string());
    let folder = format!("{}={value}", escaped(name));
    if folder.len() > FOLDER_BYTES_MAX {
        return Err(StoreError::request(format!(
            "partition column {name:?} has a value whose folder would have a name of {} bytes, at \
             most {FOLDER_BYTES_MAX} are possible",
            folder.len()
        )));
    }
    Ok(format!("{folder}/"))
}
