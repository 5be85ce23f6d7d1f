//! Messages stay below the limit, are well filled, and end where the next one can share.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow_ipc::MessageHeader;
use arrow_schema::{DataType, Field, Schema};
use wingbeat_wire::EncodeError;
use wingbeat_wire::ipc::{BatchEncoder, Compression, EncodeOptions, MessageSize};

use crate::oracle::{self, encode, round_trip};
use wingbeat_testkit::types;
use wingbeat_testkit::{Random, batch};

fn rows_of(messages: &[oracle::Message]) -> Vec<i64> {
    let batches = messages.iter().map(oracle::Message::kind);
    batches.filter(|(kind, _)| *kind == MessageHeader::RecordBatch).map(|(_, rows)| rows).collect()
}

fn wide(rows: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let bits: ArrayRef =
        Arc::new(BooleanArray::from_iter((0..rows).map(|i| (i % 5 != 0).then_some(i % 3 == 0))));
    let words: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("row {i}"))));
    RecordBatch::try_from_iter([("n", numbers), ("b", bits), ("w", words)]).unwrap()
}

#[test]
fn pieces_are_full_and_end_at_multiples_of_512_rows() {
    let max = 100_000;
    let options = EncodeOptions::default().with_message_size(max);
    let batch = wide(100_000);
    let messages = round_trip(std::slice::from_ref(&batch), &options);
    let rows = rows_of(&messages);
    let (_, but_last) = rows.split_last().unwrap();
    assert!(but_last.iter().all(|rows| rows % 512 == 0), "{rows:?}");
    for message in &messages[1..messages.len() - 1] {
        let size = message.header.len() + message.body.len();
        assert!(size <= max && size > max * 2 / 3, "{size}");
    }
}

#[test]
fn the_default_stays_below_four_mebibytes() {
    let messages = round_trip(&[wide(1_000_000)], &EncodeOptions::default());
    let largest = messages.iter().map(|m| m.header.len() + m.body.len()).max();
    assert!(largest < Some(4 << 20) && largest > Some(3 << 20), "{largest:?}");
}

#[test]
fn rows_of_very_different_sizes() {
    let mut random = Random::new(7);
    let words = (0..3_000)
        .map(|_| "x".repeat(if random.below(200) == 0 { 50_000 } else { random.below(20) }));
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(words));
    let batch = RecordBatch::try_from_iter([("w", column)]).unwrap();
    for max in [100, 1_000, 10_000, 60_000, 200_000] {
        round_trip(std::slice::from_ref(&batch), &EncodeOptions::default().with_message_size(max));
    }
}

#[test]
fn unlimited_is_one_message() {
    let options = EncodeOptions::default().with_message_size(MessageSize::Whole);
    assert_eq!(rows_of(&round_trip(&[wide(300_000)], &options)), [300_000]);
}

#[test]
fn a_hard_limit_splits_too_and_names_the_row_that_does_not_fit() {
    let mut words = vec!["short".to_owned(); 100];
    words[42] = "x".repeat(5_000);
    let column: ArrayRef = Arc::new(StringArray::from(words));
    let batch = RecordBatch::try_from_iter([("w", column)]).unwrap();
    let roomy =
        EncodeOptions::default().with_message_size(MessageSize::Whole).with_peer_bytes_max(6_000);
    assert_eq!(rows_of(&round_trip(std::slice::from_ref(&batch), &roomy)).iter().sum::<i64>(), 100);

    let mut encoder = BatchEncoder::new(roomy.with_peer_bytes_max(3_000));
    encoder.start(batch.schema()).unwrap();
    encoder.push(batch).unwrap();
    let mut rows = 0;
    let error = loop {
        match encoder.poll(|_, len| len.header + len.body) {
            Ok(message) => {
                let message = message.unwrap();
                let message =
                    oracle::Message { header: message.header, body: message.body.to_bytes() };
                rows += message.kind().1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(rows, 42);
    let EncodeError::TooLarge { row, bytes, limit } = error else { panic!("{error}") };
    assert_eq!((row, limit), (Some(42), 3_000));
    assert!(bytes > 5_000 && bytes < 6_000, "{bytes}");
    assert!(!encoder.is_busy());
}

#[test]
fn no_rows_and_no_columns() {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, true)]));
    let empty = RecordBatch::new_empty(schema);
    assert_eq!(rows_of(&round_trip(&[empty.clone(), empty], &EncodeOptions::default())), [0, 0]);
    let none = batch(&Arc::new(Schema::empty()), 5_000_000_000, 1);
    let rows = rows_of(&round_trip(&[none], &EncodeOptions::default()));
    assert_eq!(rows, [2_147_483_136, 2_147_483_136, 705_033_728]);
}

#[test]
fn nulls_where_the_stream_has_none_are_refused() {
    let schema = |nullable| Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, nullable)]));
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let batch = RecordBatch::try_new(schema(true), vec![column]).unwrap();
    let mut encoder = BatchEncoder::new(EncodeOptions::default());
    encoder.start(schema(false)).unwrap();
    let error = encoder.push(batch.clone()).unwrap_err();
    assert_eq!(error.to_string(), "column \"n\" has 1 nulls, expected none");
    encoder.push(batch.slice(0, 1)).unwrap();
}

#[test]
fn compressed_messages_are_judged_by_their_true_size() {
    let max = 100_000;
    for compression in [Compression::Lz4Frame, Compression::Zstd { level: 3 }] {
        let options = EncodeOptions::default().with_message_size(max).with_compression(compression);
        let batch = wide(400_000);
        let messages = round_trip(std::slice::from_ref(&batch), &options);
        let plain = encode(&[batch], &EncodeOptions::default().with_message_size(max));
        assert!(messages.len() < plain.len(), "{} >= {}", messages.len(), plain.len());
        let (first, rest) = (&messages[1], &messages[2..messages.len() - 1]);
        assert!(first.body.len() < max);
        let full = rest.iter().filter(|message| message.body.len() > max / 2).count();
        assert!(full * 2 > rest.len(), "{full} of {}", rest.len());
    }
}

#[test]
fn what_does_not_shrink_is_stored() {
    let mut random = Random::new(3);
    let noise: ArrayRef =
        Arc::new(Int64Array::from_iter_values((0..10_000).map(|_| random.next_u64() as i64)));
    let batch = RecordBatch::try_from_iter([("n", noise)]).unwrap();
    for compression in [Compression::Lz4Frame, Compression::Zstd { level: 1 }] {
        let options = EncodeOptions::default().with_compression(compression);
        let messages = round_trip(std::slice::from_ref(&batch), &options);
        assert_eq!(messages[1].body[..8], (-1i64).to_le_bytes());
        assert_eq!(messages[1].body.len(), 80_064);
    }
}

#[test]
fn other_schemas_and_orders_are_refused() {
    let batch = wide(10);
    let mut encoder = BatchEncoder::new(EncodeOptions::default());
    let early = encoder.push(batch.clone()).unwrap_err();
    assert_eq!(early.to_string(), "a batch was pushed before the schema");
    let fields = [Field::new("n", DataType::Int64, true), Field::new("b", DataType::Utf8, true)];
    encoder.start(Arc::new(Schema::new(fields.to_vec()))).unwrap();
    let columns = encoder.push(batch.clone()).unwrap_err();
    assert_eq!(columns.to_string(), "the batch has 3 columns, expected 2");
    let types = encoder.push(batch.project(&[0, 1]).unwrap()).unwrap_err();
    assert_eq!(types.to_string(), "column \"b\" is Boolean, expected Utf8");
    assert!(encoder.start(Arc::new(Schema::empty())).is_err());
    encoder.push(batch.project(&[0, 2]).unwrap()).unwrap();
    assert!(encoder.push(batch.project(&[0, 2]).unwrap()).is_err());
}

#[test]
fn pieces_of_every_nested_type() {
    let options = EncodeOptions::default().with_message_size(3_000);
    for data_type in types::around(&DataType::Utf8, &DataType::Boolean) {
        let schema = Arc::new(Schema::new(vec![Field::new("c", data_type, true)]));
        for seed in 0..5 {
            round_trip(&[batch(&schema, 900, seed)], &options);
        }
    }
}
