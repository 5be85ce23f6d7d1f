//! The batches: the first of each workload of the benchmark, by its name.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};

/// One batch.
///
/// # Panics
/// When there is no workload of this name.
pub(crate) fn batch(name: &str) -> RecordBatch {
    match name {
        "large" => numbers(131_072, 4),
        "small" => numbers(1024, 4),
        "tiny" => numbers(16, 4),
        "wide" => numbers(1024, 1000),
        "strings" => columns((0..4).map(|column| (format!("s{column}"), words(column)))),
        "dictionary" => dictionary(),
        "nested" => nested(),
        // A quarter of what the benchmark sends: compressors run long under a tool that counts.
        "lz4" | "zstd" => columns((0..4_u64).map(|column| {
            let values =
                (0..32_768).map(|row| ((split_mix(row * 31 + column) >> 32) % 1000) as i64);
            (format!("c{column}"), Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)
        })),
        other => unreachable!("no workload is called {other}"),
    }
}

fn columns(columns: impl Iterator<Item = (String, ArrayRef)>) -> RecordBatch {
    let columns = columns.map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// The first number of SplitMix64 from this seed.
fn split_mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn numbers(rows: i64, count: i64) -> RecordBatch {
    columns((0..count).map(|column| {
        let values = (0..rows).map(|row| row * 31 + column);
        (format!("c{column}"), Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)
    }))
}

fn words(column: usize) -> ArrayRef {
    let word = |row: usize| -> String {
        let len = 8 + (row * 7 + column * 13) % 48;
        (0..len).map(|at| char::from(b'a' + ((row + column + at) % 26) as u8)).collect()
    };
    Arc::new(StringArray::from_iter_values((0..65_536).map(word)))
}

fn dictionary() -> RecordBatch {
    let values = (0..1000).map(|value| format!("value-{value:06}"));
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(values));
    columns((0..4).map(|column| {
        let keys = (0..65_536).map(|row| (row * 31 + column) % 1000);
        let keys = Int32Array::from_iter_values(keys);
        let words = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(&values)).unwrap();
        (format!("d{column}"), Arc::new(words) as ArrayRef)
    }))
}

fn nested() -> RecordBatch {
    const ROWS: usize = 16_384;
    let lists = (0..ROWS).map(|row| if row % 10 == 9 { 0 } else { row % 8 });
    let items = lists.clone().enumerate().flat_map(|(row, len)| (0..len).map(move |i| row + i));
    let items = Int64Array::from_iter_values(items.map(|item| item as i64));
    let present = NullBuffer::from_iter((0..ROWS).map(|row| row % 10 != 9));
    let item = Arc::new(Field::new_list_field(DataType::Int64, true));
    let offsets = OffsetBuffer::from_lengths(lists);
    let list = ListArray::new(item, offsets, Arc::new(items), Some(present));

    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS as i64));
    let texts = (0..ROWS).map(|row| row.to_string());
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let fields =
        vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)];
    let present = NullBuffer::from_iter((0..ROWS).map(|row| row % 7 != 6));
    let pair = StructArray::new(fields.into(), vec![numbers, texts], Some(present));
    let named: [(&str, ArrayRef); 2] = [("l", Arc::new(list)), ("s", Arc::new(pair))];
    columns(named.into_iter().map(|(name, column)| (name.to_owned(), column)))
}
