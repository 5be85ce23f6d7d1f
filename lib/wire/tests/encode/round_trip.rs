//! Every type, alone and nested, in slices, in pieces and compressed.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use wingbeat_wire::ipc::{Compression, EncodeOptions, MessageSize, compact};

use crate::oracle::round_trip;
use wingbeat_testkit::batch;
use wingbeat_testkit::types;

fn one_column(data_type: DataType) -> Arc<Schema> {
    Arc::new(Schema::new(vec![Field::new("column", data_type, true)]))
}

fn all_lengths(data_type: DataType) {
    let schema = one_column(data_type);
    for (seed, rows) in [0, 1, 2, 7, 8, 9, 64, 100].into_iter().enumerate() {
        for seed in 0..6 + seed as u64 {
            let batch = batch(&schema, rows, seed);
            round_trip(std::slice::from_ref(&batch), &EncodeOptions::default());
            let slice = batch.slice(rows / 3, rows - rows / 3 - rows / 5);
            round_trip(&[slice, batch], &EncodeOptions::default());
        }
    }
}

#[test]
fn flat_types() {
    types::flat().into_iter().for_each(all_lengths);
}

#[test]
fn dictionaries_of_all_keys() {
    for key in types::keys() {
        all_lengths(types::dictionary(key.clone(), DataType::Utf8));
        all_lengths(types::dictionary(key, DataType::Float64));
    }
}

#[test]
fn nested_types() {
    let inner = [DataType::Int16, DataType::Utf8View, DataType::Boolean];
    for (at, a) in inner.iter().enumerate() {
        let b = &inner[(at + 1) % inner.len()];
        types::around(a, b).into_iter().for_each(all_lengths);
    }
}

fn options() -> impl Strategy<Value = EncodeOptions> {
    let max = prop_oneof![
        Just(MessageSize::Whole),
        Just(MessageSize::AsPeerTakes),
        (500usize..6000).prop_map(MessageSize::AtMost)
    ];
    let compression = prop_oneof![
        Just(None),
        Just(Some(Compression::Lz4Frame)),
        Just(Some(Compression::Zstd { level: 1 })),
    ];
    (max, compression, any::<bool>()).prop_map(|(max, compression, deltas)| {
        EncodeOptions::default()
            .with_message_size(max)
            .with_compression(compression)
            .with_dictionary_deltas(deltas)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_in_pieces(
        schema in types::any_schema(),
        rows in prop::collection::vec(0usize..700, 1..4),
        seed: u64,
        options in options(),
    ) {
        let schema = Arc::new(schema);
        let batches: Vec<_> =
            rows.iter().zip(seed..).map(|(rows, seed)| batch(&schema, *rows, seed)).collect();
        round_trip(&batches, &options);
    }

    #[test]
    fn compacting_changes_nothing(schema in types::any_schema(), rows in 0usize..700, seed: u64) {
        let batch = batch(&Arc::new(schema), rows, seed);
        let slice = batch.slice(rows / 3, rows - rows / 3 - rows / 5);
        assert_eq!(compact(&slice).unwrap(), slice);
    }
}
