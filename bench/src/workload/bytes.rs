//! How many bytes of values a batch holds, counted alike by all contestants.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

/// The bytes of a batch's values and offsets, before compression. Validity and the values of
/// dictionaries are not counted, null slots are.
pub fn value_bytes(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(|column| array_bytes(column.as_ref())).sum()
}

fn array_bytes(array: &dyn Array) -> u64 {
    match array.data_type() {
        DataType::Utf8 => {
            let offsets = array.as_string::<i32>().offsets();
            let data = offsets.last().map_or(0, |end| end - offsets[0]);
            offset_bytes(array.len()) + u64::try_from(data).unwrap_or_default()
        }
        other => other.primitive_width().map_or(0, |width| width as u64 * array.len() as u64),
    }
}

/// 32-bit offsets, one more than there are rows.
fn offset_bytes(rows: usize) -> u64 {
    4 * (rows as u64 + 1)
}
