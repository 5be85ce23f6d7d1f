//! What is sent is the arrays' own memory wherever it can be.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, ListArray, ListViewArray, RecordBatch,
    StringArray, StringViewArray, UnionArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, UnionFields};
use bytes::Bytes;
use wingbeat_wire::ipc::{BatchEncoder, EncodeOptions, EncodedMessage, MessageSize};

use crate::oracle::{self, Message};
use wingbeat_testkit::types::item;

/// From here on buffers are not copied.
const LARGE: usize = 4096;

fn one_message(column: &ArrayRef) -> EncodedMessage {
    let batch =
        RecordBatch::try_from_iter_with_nullable([("c", Arc::clone(column), true)]).unwrap();
    let mut encoder =
        BatchEncoder::new(EncodeOptions::default().with_message_size(MessageSize::Whole));
    let header = encoder.start(batch.schema()).unwrap();
    encoder.push(batch.clone()).unwrap();
    let message = encoder.poll(|_, len| len.header + len.body).unwrap().unwrap();
    let schema = Message { header, body: Bytes::new() };
    let rows = Message { header: message.header.clone(), body: message.body.to_bytes() };
    oracle::assert_reads(&[schema, rows], &[batch]);
    message
}

fn shares(message: &EncodedMessage, buffer: &Buffer) -> bool {
    let range = buffer.as_slice().as_ptr_range();
    message.body.iter().any(|piece| range.contains(&piece.as_ptr()))
}

/// The bytes of the body that are not memory of these buffers.
fn copied(message: &EncodedMessage, buffers: &[&Buffer]) -> usize {
    let ranges: Vec<_> = buffers.iter().map(|buffer| buffer.as_slice().as_ptr_range()).collect();
    let shared = |piece: &&[u8]| ranges.iter().any(|range| range.contains(&piece.as_ptr()));
    message.body.iter().filter(|piece| !shared(piece)).map(<[u8]>::len).sum()
}

#[test]
fn values_and_validity_are_the_source_buffers() {
    let nulls = NullBuffer::from((0..100_000).map(|i| i % 7 != 0).collect::<Vec<_>>());
    let array = Int64Array::new((0..100_000).collect(), Some(nulls.clone()));
    let message = one_message(&(Arc::new(array.clone()) as _));
    let pointers: Vec<_> = message.body.iter().map(|piece| piece.as_ptr()).collect();
    assert!(pointers.contains(&nulls.buffer().as_ptr()));
    assert!(pointers.contains(&array.values().inner().as_ptr()));
    assert!(copied(&message, &[nulls.buffer(), array.values().inner()]) < 64);
}

#[test]
fn slices_on_a_byte_share_their_bitmaps_others_shift_them() {
    let bits: BooleanArray = (0..200_000).map(|i| Some(i % 3 == 0)).collect();
    let source = bits.values().inner().clone();
    let on_a_byte = one_message(&(Arc::new(bits.slice(512, 150_000)) as _));
    assert_eq!(on_a_byte.body.iter().next().map(|p| p.as_ptr()), Some(source[64..].as_ptr()));
    let within = one_message(&(Arc::new(bits.slice(3, 150_000)) as _));
    assert!(!shares(&within, &source));
}

#[test]
fn offsets_are_shared_from_the_start_and_rebased_later() {
    let array = StringArray::from_iter_values((0..10_000).map(|i| format!("value {i}")));
    let (offsets, values) = (array.offsets().inner().inner().clone(), array.values().clone());
    let head = one_message(&(Arc::new(array.slice(0, 5_000)) as _));
    assert!(shares(&head, &offsets) && shares(&head, &values));
    assert_eq!(copied(&head, &[&offsets, &values]) / 64, 0);
    let tail = one_message(&(Arc::new(array.slice(5_000, 5_000)) as _));
    assert!(!shares(&tail, &offsets) && shares(&tail, &values));
    let half = values.len() / 2;
    assert!(tail.body.len() < half + half / 8 + 5_001 * 4 + 128, "values are not cut");
}

#[test]
fn tiny_batches_are_one_segment() {
    let message =
        one_message(&(Arc::new(StringArray::from(vec![Some("a"), None, Some("bc")])) as _));
    assert_eq!((message.body.iter().count(), message.body.len()), (1, 3 * 64));
}

#[test]
fn a_small_buffer_between_large_ones_is_gathered() {
    let wide = |len: usize| -> ArrayRef { Arc::new(Int32Array::from_iter_values(0..len as i32)) };
    let columns = [wide(LARGE), wide(LARGE), wide(LARGE)];
    let named = columns.iter().enumerate().map(|(i, c)| (format!("c{i}"), Arc::clone(c)));
    let batch = RecordBatch::try_from_iter(named).unwrap();
    let mut encoder = BatchEncoder::new(EncodeOptions::default());
    encoder.start(batch.schema()).unwrap();
    encoder.push(batch).unwrap();
    let message = encoder.poll(|_, len| len.body).unwrap().unwrap();
    // Lengths are multiples of 64: there is nothing to pad, and nothing in between.
    assert_eq!(message.body.iter().count(), 3);
}

fn long_views(count: usize) -> StringViewArray {
    StringViewArray::from_iter_values((0..count).map(|i| format!("a long enough value {i:10}")))
}

#[test]
fn whole_views_share_everything() {
    let array = long_views(10_000);
    let mut buffers: Vec<&Buffer> = array.data_buffers().iter().collect();
    buffers.push(array.views().inner());
    let message = one_message(&(Arc::new(array.clone()) as _));
    assert!(copied(&message, &buffers) < 64 * buffers.len());
}

#[test]
fn a_slice_of_views_shares_the_part_in_use_alone() {
    let array = long_views(100_000);
    let data: Vec<&Buffer> = array.data_buffers().iter().collect();
    let slice = array.slice(40_000, 1_000);
    let message = one_message(&(Arc::new(slice) as _));
    assert!(message.body.len() < 1_000 * (16 + 31) + 256, "{}", message.body.len());
    assert!(data.iter().any(|data| shares(&message, data)));
    // The views themselves are rewritten.
    assert!(copied(&message, &data) <= 1_000 * 16 + 256);
}

#[test]
fn scattered_views_are_compacted() {
    let array = long_views(100_000);
    let every: Int32Array = (0..100_000).step_by(100).collect();
    let taken = arrow_select::take::take(&array, &every, None).unwrap();
    assert_eq!(taken.as_string_view().data_buffers().len(), array.data_buffers().len());
    let message = one_message(&taken);
    assert!(message.body.len() < 1_000 * (16 + 31) + 256, "{}", message.body.len());
}

#[test]
fn a_slice_of_list_views_takes_its_values_along_alone() {
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100_000));
    let offsets: Vec<i32> = (0..1_000).rev().map(|i| i * 100).collect();
    let list = ListViewArray::new(
        item(DataType::Int64),
        offsets.into(),
        vec![100; 1_000].into(),
        Arc::clone(&values),
        None,
    );
    let source = values.as_primitive::<Int64Type>().values().inner();
    let whole = one_message(&(Arc::new(list.clone()) as _));
    assert!(shares(&whole, source));
    let slice = one_message(&(Arc::new(list.slice(100, 10)) as _));
    assert!(shares(&slice, source) && slice.body.len() < 10 * 100 * 8 + 512);
    // Two lists far apart.
    let ends = ListViewArray::new(
        item(DataType::Int64),
        vec![0, 90_000].into(),
        vec![100, 100].into(),
        Arc::clone(&values),
        None,
    );
    let ends = one_message(&(Arc::new(ends) as _));
    assert!(!shares(&ends, source) && ends.body.len() < 2 * 100 * 8 + 512);
}

#[test]
fn a_slice_of_a_list_cuts_its_values() {
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100_000));
    let offsets = OffsetBuffer::from_lengths([100; 1_000]);
    let list = ListArray::new(item(DataType::Int64), offsets, Arc::clone(&values), None);
    let source = values.as_primitive::<Int64Type>().values().inner();
    let slice = one_message(&(Arc::new(list.slice(500, 100)) as _));
    assert!(shares(&slice, source) && slice.body.len() < 100 * 100 * 8 + 1024);
}

#[test]
fn a_slice_of_a_dense_union_cuts_its_children() {
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100_000));
    let fields = UnionFields::try_new([5], [item(DataType::Int64)]).unwrap();
    let ids = vec![5i8; 100_000].into();
    let offsets = (0..100_000).collect();
    let union = UnionArray::try_new(fields, ids, Some(offsets), vec![Arc::clone(&values)]).unwrap();
    let source = values.as_primitive::<Int64Type>().values().inner();
    let slice = one_message(&(Arc::new(union.slice(50_000, 10_000)) as _));
    assert!(shares(&slice, source) && slice.body.len() < 10_000 * 13 + 256);
}
