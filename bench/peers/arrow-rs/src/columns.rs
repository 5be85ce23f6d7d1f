//! What the batches hold. The values follow from row and column alone.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, Field, Fields};

pub(crate) type Batch = Result<RecordBatch, ArrowError>;

/// `columns` int64 columns `c0`, `c1` and so on, of `row * 31 + column`.
pub(crate) fn int64(rows: usize, columns: usize) -> Batch {
    numbered("c", columns, |c| int64_column(rows, |row| (row * 31 + c) as i64))
}

/// Four int64 columns of values below 1000, which compress.
pub(crate) fn small_int64(rows: usize) -> Batch {
    let value = |number: usize| ((split_mix(number as u64) >> 32) % 1000) as i64;
    numbered("c", 4, |c| int64_column(rows, |row| value(row * 31 + c)))
}

/// The first number of SplitMix64 from this seed.
fn split_mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// `columns` string columns `s0`, `s1` and so on, of 8 to 55 letters.
pub(crate) fn strings(rows: usize, columns: usize) -> Batch {
    let string = |row: usize, column: usize| -> String {
        let len = 8 + (row * 7 + column * 13) % 48;
        (0..len).map(|i| char::from(b'a' + ((row + column + i) % 26) as u8)).collect()
    };
    numbered("s", columns, |c| {
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| string(row, c))))
    })
}

/// `columns` dictionary columns `d0`, `d1` and so on, which share the values.
pub(crate) fn dictionary(rows: usize, columns: usize) -> Batch {
    let values: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..1000).map(|i| format!("value-{i:06}"))));
    numbered("d", columns, |c| {
        let keys = (0..rows).map(|row| ((row * 31 + c) % 1000) as i32);
        let keys = Int32Array::from_iter_values(keys);
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::clone(&values)))
    })
}

/// A list of int64, and a struct of int64 and utf8; both with nulls.
pub(crate) fn nested(rows: usize) -> Batch {
    let mut list = ListBuilder::new(Int64Builder::new());
    for row in 0..rows {
        if row % 10 == 9 {
            list.append_null();
        } else {
            list.append_value((0..row % 8).map(|i| Some((row + i) as i64)));
        }
    }
    let fields = Fields::from(vec![
        Field::new("a", DataType::Int64, true),
        Field::new("b", DataType::Utf8, true),
    ]);
    let texts = StringArray::from_iter_values((0..rows).map(|row| row.to_string()));
    let children = vec![int64_column(rows, |row| row as i64), Arc::new(texts) as ArrayRef];
    let valid: NullBuffer = (0..rows).map(|row| row % 7 != 6).collect();
    let structs = StructArray::try_new(fields, children, Some(valid))?;
    let list: ArrayRef = Arc::new(list.finish());
    let structs: ArrayRef = Arc::new(structs);
    RecordBatch::try_from_iter_with_nullable([("l", list, true), ("s", structs, true)])
}

/// One int64 column `x` of one row, 1.
pub(crate) fn one() -> Batch {
    RecordBatch::try_from_iter_with_nullable([("x", int64_column(1, |_| 1), true)])
}

fn int64_column(rows: usize, value: impl Fn(usize) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values((0..rows).map(value)))
}

fn numbered(prefix: &str, columns: usize, column: impl Fn(usize) -> ArrayRef) -> Batch {
    let columns = (0..columns).map(|c| (format!("{prefix}{c}"), column(c), true));
    RecordBatch::try_from_iter_with_nullable(columns)
}
