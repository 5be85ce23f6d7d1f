//! The batch of `nested`: lists and structs, some of them null.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, ListArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};

/// `r % 8` items `r + i` in row `r`; every tenth row is null and has none.
pub(super) fn lists(rows: usize) -> ArrayRef {
    let len = |row: usize| if row % 10 == 9 { 0 } else { row % 8 };
    let items = (0..rows).flat_map(|row| (0..len(row)).map(move |i| (row + i) as i64));
    Arc::new(ListArray::new(
        Arc::new(Field::new_list_field(DataType::Int64, true)),
        OffsetBuffer::from_lengths((0..rows).map(len)),
        Arc::new(Int64Array::from_iter_values(items)),
        Some(NullBuffer::from_iter((0..rows).map(|row| row % 10 != 9))),
    ))
}

/// `a` is the row's number and `b` its decimal text; every seventh row is null, with values below.
pub(super) fn structs(rows: usize) -> ArrayRef {
    let a = Int64Array::from_iter_values((0..rows).map(|row| row as i64));
    let b = StringArray::from_iter_values((0..rows).map(|row| row.to_string()));
    let fields =
        vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)];
    let valid = NullBuffer::from_iter((0..rows).map(|row| row % 7 != 6));
    Arc::new(StructArray::new(fields.into(), vec![Arc::new(a), Arc::new(b)], Some(valid)))
}
