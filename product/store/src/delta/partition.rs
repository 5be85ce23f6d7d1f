//! Values of partition columns, which stand in the log as texts.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, StringArray};
use arrow_schema::{ArrowError, DataType};

use crate::read::cast_strictly;

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
