//! When dictionaries are sent, and in which form.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, StructArray,
};
use arrow_ipc::MessageHeader;
use arrow_schema::{DataType, Field, Schema};
use wingbeat_wire::ipc::EncodeOptions;

use crate::oracle::{Message, encode, round_trip};
use wingbeat_testkit::batch;
use wingbeat_testkit::types::{self, item};

fn words(values: &[&str], keys: &[i32]) -> ArrayRef {
    let values = Arc::new(StringArray::from(values.to_vec()));
    Arc::new(DictionaryArray::<Int32Type>::new(keys.to_vec().into(), values))
}

fn batch_of(column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("c", column, true)]).unwrap()
}

/// `D3` a dictionary of three values, `d2` a delta of two, `R5` five rows.
fn summary(messages: &[Message]) -> Vec<String> {
    let name = |message: &Message| match message.kind() {
        (MessageHeader::Schema, _) => "S".to_owned(),
        (MessageHeader::DictionaryBatch, rows) if message.is_delta() => format!("d{rows}"),
        (MessageHeader::DictionaryBatch, rows) => format!("D{rows}"),
        (_, rows) => format!("R{rows}"),
    };
    messages.iter().map(name).collect()
}

#[test]
fn sent_once_and_again_when_changed() {
    let first = words(&["a", "b"], &[0, 1, 1]);
    let batches = [
        batch_of(Arc::clone(&first)),
        batch_of(first.slice(1, 2)),
        batch_of(words(&["a", "b"], &[1])),
        batch_of(words(&["b", "a"], &[1])),
        batch_of(words(&["b", "a", "c"], &[2])),
    ];
    let messages = round_trip(&batches, &EncodeOptions::default());
    assert_eq!(summary(&messages), ["S", "D2", "R3", "R2", "R1", "D2", "R1", "D3", "R1"]);
}

#[test]
fn growth_is_a_delta_where_deltas_are_allowed() {
    let batches = [
        batch_of(words(&["a", "b"], &[0, 1])),
        batch_of(words(&["a", "b", "c", "d"], &[3, 0])),
        batch_of(words(&["a", "b", "c", "d"], &[2])),
        batch_of(words(&["x"], &[0])),
    ];
    let options = EncodeOptions::default().with_dictionary_deltas(true);
    let messages = round_trip(&batches, &options);
    assert_eq!(summary(&messages), ["S", "D2", "R2", "d2", "R2", "R1", "D1", "R1"]);
}

#[test]
fn one_too_large_travels_whole_or_as_base_and_deltas() {
    let values: Vec<String> = (0..2_000).map(|i| format!("some value or other {i}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let batches = [batch_of(words(&values, &[0, 1_999, 77]))];
    let options = EncodeOptions::default().with_message_size(10_000);
    assert_eq!(summary(&round_trip(&batches, &options)), ["S", "D2000", "R3"]);

    let messages = round_trip(&batches, &options.with_dictionary_deltas(true));
    let names = summary(&messages);
    assert!(names[1].starts_with('D') && names[2].starts_with('d') && names.len() > 6, "{names:?}");
    assert!(messages.iter().all(|message| message.header.len() + message.body.len() <= 10_000));
}

#[test]
fn inner_ones_come_first_and_a_new_inner_one_renews_the_outer_one() {
    let outer = |inner: ArrayRef| -> ArrayRef {
        let field = Field::new("inner", inner.data_type().clone(), true);
        let values = StructArray::new(vec![field].into(), vec![inner], None);
        let keys = Int32Array::from(vec![Some(1), None, Some(0)]);
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values)))
    };
    let batches = [
        batch_of(outer(words(&["a", "b", "c"], &[0, 2]))),
        batch_of(outer(words(&["a", "b", "c"], &[0, 2]))),
        // Equal as far as its values go, but the keys in them mean something else now.
        batch_of(outer(words(&["c", "a"], &[1, 0]))),
        batch_of(outer(words(&["c", "a"], &[0, 0]))),
    ];
    let messages = round_trip(&batches, &EncodeOptions::default());
    let expected = ["S", "D3", "D2", "R3", "R3", "D2", "D2", "R3", "D2", "R3"];
    assert_eq!(summary(&messages), expected);
    let ids: Vec<i64> = messages
        .iter()
        .filter_map(|m| arrow_ipc::root_as_message(&m.header).unwrap().header_as_dictionary_batch())
        .map(|dictionary| dictionary.id())
        .collect();
    assert_eq!(ids, [0, 1, 0, 1, 1]);
}

#[test]
fn a_dictionary_of_dictionaries_becomes_one() {
    let inner = words(&["a", "b"], &[1, 0, 1]);
    let keys = Int32Array::from(vec![2, 1, 1, 0]);
    let column: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, inner));
    let messages = encode(&[batch_of(column)], &EncodeOptions::default());
    assert_eq!(summary(&messages), ["S", "D3", "R4"]);
    let expected = batch_of(words(&["b", "a", "b"], &[2, 1, 1, 0]));
    crate::oracle::assert_reads(&messages, &[expected]);
}

#[test]
fn in_every_position() {
    let words = types::dictionary(DataType::UInt16, DataType::Utf8View);
    let numbers = types::dictionary(DataType::Int8, DataType::List(item(DataType::Int32)));
    let fields: Vec<_> = types::around(&words, &numbers)
        .into_iter()
        .enumerate()
        .map(|(i, data_type)| Field::new(format!("c{i}"), data_type, true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    for (seed, deltas) in [(1, false), (2, true), (3, false)] {
        let options =
            EncodeOptions::default().with_dictionary_deltas(deltas).with_message_size(20_000);
        round_trip(&[batch(&schema, 300, seed), batch(&schema, 10, seed + 9)], &options);
    }
}

#[test]
fn zero_rows_and_no_values() {
    let none = words(&[], &[]);
    let messages =
        round_trip(&[batch_of(none), batch_of(words(&["a"], &[0]))], &EncodeOptions::default());
    assert_eq!(summary(&messages), ["S", "D0", "R0", "D1", "R1"]);
}
