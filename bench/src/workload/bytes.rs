//! How many bytes of values a batch holds, counted alike by all contestants.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

/// The bytes of a batch's values and offsets, before compression. Validity and the values of
/// dictionaries are not counted, null slots are.
///
/// Types that no workload has and no test file count as nothing.
pub fn value_bytes(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(|column| array_bytes(column.as_ref())).sum()
}

fn array_bytes(array: &dyn Array) -> u64 {
    let rows = array.len() as u64;
    match array.data_type() {
        DataType::Utf8 => {
            let offsets = array.as_string::<i32>().offsets();
            offset_bytes(rows) + span(offsets)
        }
        DataType::Utf8View => {
            let views = array.as_string_view().views();
            16 * rows + views.iter().map(|&view| outside(view)).sum::<u64>()
        }
        DataType::Dictionary(key, _) => rows * key.primitive_width().unwrap_or_default() as u64,
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let item = list.values().data_type().primitive_width().unwrap_or_default();
            offset_bytes(rows) + span(list.offsets()) * item as u64
        }
        DataType::Struct(_) => {
            array.as_struct().columns().iter().map(|child| array_bytes(child.as_ref())).sum()
        }
        other => rows * other.primitive_width().unwrap_or_default() as u64,
    }
}

/// 32-bit offsets, one more than there are rows.
fn offset_bytes(rows: u64) -> u64 {
    4 * (rows + 1)
}

/// What lies between the first offset and the last.
fn span(offsets: &[i32]) -> u64 {
    match offsets {
        [first, .., last] => u64::try_from(last - first).unwrap_or_default(),
        _ => 0,
    }
}

/// The bytes of a string that its view does not hold itself; a view begins with the length.
fn outside(view: u128) -> u64 {
    const INLINE_MAX: u32 = 12;
    let len = view as u32;
    if len > INLINE_MAX { u64::from(len) } else { 0 }
}
