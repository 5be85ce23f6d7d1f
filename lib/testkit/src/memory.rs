//! Where a batch lies in memory, for tests that nothing copies it.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

/// How many rows [`shareable`] has: enough for a bitmap of more than 4 KiB.
const ROWS: usize = 40_000;

/// A batch that is sent as it lies in memory: no buffer is so short that it is gathered, and none
/// is a part of another one. It has one column of each layout that needs no rewriting.
pub fn shareable() -> RecordBatch {
    let nulls = || NullBuffer::from_iter((0..ROWS).map(|row| row % 7 != 0));
    let numbers = || (0..ROWS as i64).collect::<Vec<_>>();
    let words = || (0..ROWS).map(|row| format!("a word of some length, {row}"));
    let pair = vec![
        (Arc::new(Field::new("a", DataType::Int64, true)), integers(numbers(), None)),
        (
            Arc::new(Field::new("b", DataType::LargeUtf8, true)),
            Arc::new(LargeStringArray::from_iter_values(words())) as ArrayRef,
        ),
    ];
    let pair = StructArray::from(pair).into_parts();
    let keys = Int32Array::from_iter_values((0..ROWS as i32).map(|row| row % 10));
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(words().take(10)));
    let mut views = StringViewBuilder::new().with_fixed_block_size(16 << 20);
    words().for_each(|word| views.append_value(word));
    let columns: [(&str, ArrayRef); 8] = [
        ("numbers", integers(numbers(), None)),
        ("numbers with nulls", integers(numbers(), Some(nulls()))),
        ("bits", Arc::new((0..ROWS).map(|row| Some(row % 3 == 0)).collect::<BooleanArray>())),
        ("words", Arc::new(StringArray::from_iter_values(words()))),
        ("views", Arc::new(views.finish())),
        ("fixed", Arc::new(FixedSizeBinaryArray::new(3, vec![7_u8; 3 * ROWS].into(), None))),
        ("pairs", Arc::new(StructArray::new(pair.0, pair.1, Some(nulls())))),
        ("keys", Arc::new(DictionaryArray::<Int32Type>::new(keys, values))),
    ];
    let item = Arc::new(Field::new_list_field(DataType::Int64, true));
    let offsets = OffsetBuffer::from_lengths(vec![1; ROWS]);
    let lists = ListArray::new(item, offsets, integers(numbers(), None), Some(nulls()));
    let lists: (&str, ArrayRef) = ("lists", Arc::new(lists));
    let named = columns.into_iter().chain([lists]).map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(named).unwrap()
}

fn integers(values: Vec<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    // Arrow's own memory is aligned to 64 bytes, a vector's is not.
    Arc::new(Int64Array::new(Buffer::from_slice_ref(&values).into(), nulls))
}

/// The buffers of all columns that have any bytes, depth first. The values of dictionaries are
/// left out: they travel in messages of their own.
pub fn buffers(batch: &RecordBatch) -> Vec<Buffer> {
    let mut buffers = Vec::new();
    batch.columns().iter().for_each(|column| collect(&column.to_data(), &mut buffers));
    buffers
}

fn collect(data: &ArrayData, buffers: &mut Vec<Buffer>) {
    let nulls = data.nulls().map(NullBuffer::buffer).into_iter();
    buffers.extend(nulls.chain(data.buffers()).filter(|buffer| !buffer.is_empty()).cloned());
    if !matches!(data.data_type(), DataType::Dictionary(_, _)) {
        data.child_data().iter().for_each(|child| collect(child, buffers));
    }
}

/// The addresses from the first byte of any of the buffers to the end of the last one.
///
/// # Panics
/// When there are no buffers.
pub fn span(buffers: &[Buffer]) -> Range<usize> {
    let start = buffers.iter().map(|buffer| buffer.as_ptr().addr()).min().unwrap();
    let end = buffers.iter().map(|buffer| buffer.as_ptr().addr() + buffer.len()).max().unwrap();
    start..end
}
