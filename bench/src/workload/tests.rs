//! The workloads against their table.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::*;

#[test]
fn integers_follow_from_row_and_column() {
    let batch = Kind::Medium.batch();
    let column = batch.column(3).as_primitive::<Int64Type>();
    assert_eq!((column.value(0), column.value(16_383)), (3, 16_383 * 31 + 3));
    assert_eq!(batch.schema().field(3).name(), "c3");
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
fn a_number_of_batches_overrides_the_tables() {
    let workload: Workload = "large:3".parse().unwrap();
    assert_eq!(workload, Workload { kind: Kind::Large, batches: 3 });
    assert_eq!("tiny".parse::<Workload>().unwrap().batches, 65_536);
    assert!("huge".parse::<Workload>().unwrap_err().contains("large, medium"));
    assert!("large:x".parse::<Workload>().is_err());
}
