//! The workloads against their table, and the count of bytes against formulas.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, StringViewArray};
use wingbeat_wire::ipc::BatchEncoder;

use super::*;

#[test]
fn integers_follow_from_row_and_column() {
    let batch = Kind::Medium.batch();
    let column = batch.column(3).as_primitive::<Int64Type>();
    assert_eq!((column.value(0), column.value(16_383)), (3, 16_383 * 31 + 3));
    assert_eq!(batch.schema().field(3).name(), "c3");
    let batch = Kind::Lz4.batch();
    let column = batch.column(1).as_primitive::<Int64Type>();
    assert_eq!([0, 33, 131_071].map(|row| column.value(row)), [436, 274, 418]);
    assert_eq!(batch, Kind::Zstd.batch());
}

/// Data that compresses hundredfold would measure the copying of long matches, not the codec.
#[test]
fn compressed_workloads_compress_as_real_data_does() {
    for (kind, ratio) in [(Kind::Lz4, 2..4), (Kind::Zstd, 4..6)] {
        let batch = kind.batch();
        let mut encoder = BatchEncoder::new(kind.encode_options());
        encoder.start(batch.schema()).unwrap();
        encoder.push(batch.clone()).unwrap();
        let message = encoder.poll(|_, len| len.header + len.body).unwrap().unwrap();
        let found = value_bytes(&batch) / message.body.len() as u64;
        assert!(ratio.contains(&found), "{kind:?}: {found}");
    }
}

#[test]
fn strings_have_their_lengths_and_letters() {
    let batch = Kind::Strings.batch();
    for c in 0..4 {
        let column = batch.column(c).as_string::<i32>();
        for row in 0..column.len() {
            assert_eq!(column.value(row).len(), 8 + (row * 7 + c * 13) % 48);
        }
    }
    let alphabet_twice = "abcdefghijklmnopqrstuvwxyz".repeat(2);
    assert_eq!(batch.column(1).as_string::<i32>().value(25), alphabet_twice);
}

#[test]
fn dictionaries_are_one() {
    let batch = Kind::Dictionary.batch();
    let columns: Vec<_> =
        batch.columns().iter().map(|column| column.as_dictionary::<Int32Type>()).collect();
    assert_eq!(columns[3].keys().value(65_535), (65_535 * 31 + 3) % 1_000);
    assert!(Arc::ptr_eq(columns[0].values(), columns[3].values()));
    let values = columns[0].values().as_string::<i32>();
    assert_eq!((values.len(), values.value(42)), (1_000, "value-000042"));
}

#[test]
fn nested_rows_are_null_where_they_should_be() {
    let batch = Kind::Nested.batch();
    let (lists, structs) = (batch.column(0).as_list::<i32>(), batch.column(1).as_struct());
    assert!(lists.is_null(9) && lists.is_null(19) && lists.is_valid(8));
    assert_eq!(lists.value_length(9), 0);
    assert_eq!(lists.value(11).as_primitive::<Int64Type>().values(), &[11, 12, 13]);
    assert!(structs.is_null(6) && structs.is_null(13) && structs.is_valid(12));
    let (a, b) = (structs.column(0), structs.column(1));
    assert_eq!(a.as_primitive::<Int64Type>().value(6), 6);
    assert_eq!(b.as_string::<i32>().value(16_383), "16383");
}

#[test]
fn every_field_is_nullable_and_only_nested_has_nulls() {
    for kind in Kind::ALL {
        let batch = kind.batch();
        assert!(batch.schema().fields().iter().all(|field| field.is_nullable()), "{kind:?}");
        let nulls: usize = batch.columns().iter().map(|column| column.null_count()).sum();
        assert_eq!(nulls > 0, *kind == Kind::Nested, "{kind:?}");
    }
}

#[test]
fn bytes_are_counted_as_all_contestants_count_them() {
    let strings = |rows: u64| {
        let data: u64 =
            (0..4).flat_map(|c| (0..rows).map(move |r| 8 + (r * 7 + c * 13) % 48)).sum();
        4 * 4 * (rows + 1) + data
    };
    let nested = |rows: u64| {
        let items: u64 = (0..rows).filter(|r| r % 10 != 9).map(|r| r % 8).sum();
        let digits: u64 = (0..rows).map(|r| r.to_string().len() as u64).sum();
        4 * (rows + 1) + 8 * items + 8 * rows + 4 * (rows + 1) + digits
    };
    let expected = [
        (Kind::Large, 131_072 * 4 * 8),
        (Kind::Medium, 16_384 * 4 * 8),
        (Kind::Small, 1_024 * 4 * 8),
        (Kind::Tiny, 16 * 4 * 8),
        (Kind::Wide, 1_024 * 1_000 * 8),
        (Kind::Strings, strings(65_536)),
        (Kind::Dictionary, 65_536 * 4 * 4),
        (Kind::Nested, nested(16_384)),
        (Kind::Lz4, 131_072 * 4 * 8),
        (Kind::Zstd, 131_072 * 4 * 8),
        (Kind::One, 8),
    ];
    assert_eq!(expected.map(|(kind, _)| kind), Kind::ALL);
    for (kind, bytes) in expected {
        assert_eq!(value_bytes(&kind.batch()), bytes, "{kind:?}");
    }
}

#[test]
fn slices_and_views_count_what_they_show() {
    let texts = ["short", "longer than twelve bytes", "twelve bytes"];
    let strings: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let views: ArrayRef = Arc::new(StringViewArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("s", strings), ("v", views)]).unwrap();
    assert_eq!(value_bytes(&batch), (4 * 4 + 41) + (3 * 16 + 24));
    assert_eq!(value_bytes(&batch.slice(1, 2)), (3 * 4 + 36) + (2 * 16 + 24));
}

#[test]
fn a_number_of_batches_overrides_the_tables() {
    let workload: Workload = "large:3".parse().unwrap();
    assert_eq!(workload, Workload { kind: Kind::Large, batches: 3 });
    assert_eq!("tiny".parse::<Workload>().unwrap().batches, 65_536);
    assert!("huge".parse::<Workload>().unwrap_err().contains("large, medium"));
    assert!("large:x".parse::<Workload>().is_err());
}
