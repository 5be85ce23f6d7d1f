//! What filters mean for values on which types differ: zeros, not-a-number, digits, narrow files.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    NullArray, RecordBatch, TimestampMicrosecondArray,
};
use serde_json::{Value, json};
use wingbeat_store::Store;

use crate::support::*;

/// A batch of a column and the numbers of its rows.
fn numbered(first: i64, column: ArrayRef) -> RecordBatch {
    let rows = Int64Array::from_iter_values(first..first + column.len() as i64);
    let rows: ArrayRef = Arc::new(rows);
    RecordBatch::try_from_iter_with_nullable([("row", rows, true), ("v", column, true)]).unwrap()
}

/// The numbers of the rows of `dataset` that meet a condition on `v`.
fn met(store: &Store, dataset: &str, operator: &str, literal: &Value) -> Vec<i64> {
    let case = json!({"dataset": dataset, "filter": [["v", operator, literal]]});
    let batch = read(store, &request(case)).unwrap();
    batch.column(0).as_primitive::<Int64Type>().values().to_vec()
}

/// Writes a column as Parquet, in row groups of one row and so of narrow statistics, and as IPC.
fn write_both(folder: &Path, column: ArrayRef) {
    let batch = numbered(0, column);
    write_parquet(&folder.join("parquet.parquet"), &batch, 1);
    write_arrow(&folder.join("file.arrow"), &batch);
}

#[test]
fn zeros_are_equal_and_what_is_no_number_is_in_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let values = [0.0, -0.0, 1.5, f64::NAN, -f64::NAN, -2.0];
    write_both(folder.path(), Arc::new(Float64Array::from(values.to_vec())));
    let narrow = values.map(|value| value as f32).to_vec();
    let narrow = numbered(0, Arc::new(Float32Array::from(narrow)));
    write_parquet(&folder.path().join("narrow.parquet"), &narrow, 1);
    let store = store(folder.path());
    let cases: [(&str, Value, &[i64]); 12] = [
        ("==", json!(0), &[0, 1]),
        ("==", json!(-0.0), &[0, 1]),
        ("!=", json!(0), &[2, 3, 4, 5]),
        ("<", json!(0), &[5]),
        ("<=", json!(-0.0), &[0, 1, 5]),
        (">", json!(-0.0), &[2]),
        (">=", json!(0), &[0, 1, 2]),
        ("in", json!([0, -2]), &[0, 1, 5]),
        ("not in", json!([0, -2]), &[2, 3, 4]),
        ("==", json!("NaN"), &[3, 4]),
        ("<", json!("NaN"), &[]),
        (">=", json!("NaN"), &[]),
    ];
    for dataset in ["parquet", "file", "narrow"] {
        for (operator, literal, want) in &cases {
            let got = met(&store, dataset, operator, literal);
            assert_eq!(got, *want, "{dataset}: v {operator} {literal}");
        }
    }
}

#[test]
fn a_decimal_is_compared_with_every_digit_of_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let column = Decimal128Array::from(vec![123, 124, 125]).with_precision_and_scale(10, 2);
    write_both(folder.path(), Arc::new(column.unwrap()));
    let store = store(folder.path());
    for dataset in ["parquet", "file"] {
        assert_eq!(met(&store, dataset, "==", &json!("1.235")), [0_i64; 0], "{dataset}");
        assert_eq!(met(&store, dataset, "==", &json!("1.240")), [1], "{dataset}");
        assert_eq!(met(&store, dataset, "<", &json!("1.235")), [0], "{dataset}");
        assert_eq!(met(&store, dataset, ">", &json!("1.235")), [1, 2], "{dataset}");
    }
}

#[test]
fn an_integer_is_less_than_what_no_integer_holds() {
    let folder = tempfile::tempdir().unwrap();
    write_both(folder.path(), Arc::new(Int64Array::from(vec![1, i64::MAX])));
    let store = store(folder.path());
    assert_eq!(met(&store, "parquet", "<", &json!(1e300)), [0, 1]);
    assert_eq!(met(&store, "parquet", "<", &json!("9223372036854775808")), [0, 1]);
    assert_eq!(met(&store, "file", "==", &json!("9223372036854775807")), [1]);
    assert_eq!(met(&store, "file", ">", &json!(1e300)), [0_i64; 0]);
}

#[test]
fn a_point_in_time_finer_than_its_column_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_both(folder.path(), Arc::new(TimestampMicrosecondArray::from(vec![0, 1])));
    let dates = numbered(0, Arc::new(Date32Array::from(vec![0, 1])));
    write_arrow(&folder.path().join("date.arrow"), &dates);
    let store = store(folder.path());
    assert_eq!(met(&store, "file", "==", &json!("1970-01-01T00:00:00.000001000")), [1]);
    for (dataset, text) in
        [("file", "1970-01-01T00:00:00.0000015"), ("date", "1970-01-01T12:00:00")]
    {
        let case = json!({"dataset": dataset, "filter": [["v", "<=", text]]});
        let error = read(&store, &request(case)).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_file_with_a_narrower_type_is_filtered_as_its_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let instant = |hours: i64| hours * 3_600_000_000;
    let times = TimestampMicrosecondArray::from(vec![instant(12), instant(36)]);
    let dates = Date32Array::from(vec![0, 1]);
    let columns: [ArrayRef; 3] = [Arc::new(times), Arc::new(dates), Arc::new(NullArray::new(2))];
    for (nth, column) in columns.into_iter().enumerate() {
        let path = folder.path().join(format!("t/{nth}.parquet"));
        write_parquet(&path, &numbered(2 * nth as i64, column), 1);
    }
    let store = store(folder.path());
    let noon = json!("1970-01-01T12:00:00");
    assert_eq!(met(&store, "t", ">=", &noon), [0, 1, 3]);
    assert_eq!(met(&store, "t", "<", &noon), [2]);
}
