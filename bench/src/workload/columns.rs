//! What the batches hold. The values follow from row and column alone.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};

use super::nested;

/// `columns` int64 columns `c0`, `c1` and so on, of `row * 31 + column`.
pub(super) fn int64(rows: usize, columns: usize) -> RecordBatch {
    let column = |c: usize| int64_column(rows, |row| (row * 31 + c) as i64);
    batch("c", (0..columns).map(column))
}

/// The same, each number exchanged for one below `bound` that looks random: what compresses is the
/// range of the values, not their order.
pub(super) fn scattered(rows: usize, columns: usize, bound: u64) -> RecordBatch {
    let value = |number: usize| ((split_mix(number as u64) >> 32) % bound) as i64;
    let column = |c: usize| int64_column(rows, |row| value(row * 31 + c));
    batch("c", (0..columns).map(column))
}

/// The first number of SplitMix64 from this seed.
fn split_mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// `columns` string columns `s0`, `s1` and so on.
pub(super) fn strings(rows: usize, columns: usize) -> RecordBatch {
    let column = |c: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| string(row, c))))
    };
    batch("s", (0..columns).map(column))
}

/// `columns` dictionary columns `d0`, `d1` and so on, all with one dictionary of `values` strings.
pub(super) fn dictionaries(rows: usize, columns: usize, values: usize) -> RecordBatch {
    let texts = (0..values).map(|value| format!("value-{value:06}"));
    let dictionary: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let column = |c: usize| -> ArrayRef {
        let keys = (0..rows).map(|row| ((row * 31 + c) % values) as i32);
        let keys = Int32Array::from_iter_values(keys);
        Arc::new(DictionaryArray::new(keys, dictionary.clone()))
    };
    batch("d", (0..columns).map(column))
}

/// A column `l` of lists and a column `s` of structs.
pub(super) fn nested(rows: usize) -> RecordBatch {
    named([("l".to_owned(), nested::lists(rows)), ("s".to_owned(), nested::structs(rows))])
}

/// One int64 column `x` of one row, 1.
pub(super) fn one() -> RecordBatch {
    named([("x".to_owned(), int64_column(1, |_| 1))])
}

/// 8 to 55 letters.
pub(super) fn string(row: usize, column: usize) -> String {
    let len = 8 + (row * 7 + column * 13) % 48;
    (0..len).map(|i| char::from(b'a' + ((row + column + i) % 26) as u8)).collect()
}

fn int64_column(rows: usize, value: impl Fn(usize) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values((0..rows).map(value)))
}

/// A batch of columns that are called `prefix` and their number.
fn batch(prefix: &str, columns: impl Iterator<Item = ArrayRef>) -> RecordBatch {
    named(columns.enumerate().map(|(c, column)| (format!("{prefix}{c}"), column)))
}

#[expect(clippy::expect_used, reason = "the columns of a workload are of one length")]
fn named(columns: impl IntoIterator<Item = (String, ArrayRef)>) -> RecordBatch {
    let (fields, columns): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .map(|(name, column)| (Field::new(name, column.data_type().clone(), true), column))
        .unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
