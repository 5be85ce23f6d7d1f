//! Every type through every typed format.

use super::columns::{columns, nestings};
use super::*;

fn outcome(field: Field, column: ArrayRef, format: Format) -> Result<bool, String> {
    let batch = single(field, column);
    if check_representable(&batch.schema(), format).is_err() {
        return Ok(false);
    }
    let returned = std::panic::AssertUnwindSafe(|| returns(&batch, format));
    match std::panic::catch_unwind(returned) {
        Ok(Ok(())) => Ok(true),
        Ok(Err(difference)) => Err(difference),
        Err(_) => Err("a panic".into()),
    }
}

#[test]
fn every_type_comes_back_equal_or_is_refused() {
    let mut wrong = Vec::new();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        for (name, column) in columns() {
            let mut cases = nestings(&column);
            cases.push(("top", column));
            for (place, column) in cases {
                let field = Field::new("c", column.data_type().clone(), true);
                if let Err(error) = outcome(field, column, format) {
                    wrong.push(format!("{format} {place} {name}: {error}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn parquet_refuses_no_more_than_it_must() {
    let refused: Vec<String> = columns()
        .into_iter()
        .filter(|(_, column)| {
            let field = Field::new("c", column.data_type().clone(), true);
            check_representable(&Schema::new(vec![field]), Format::Parquet).is_err()
        })
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "Timestamp(s, \"\")",
        "Timestamp(ns, \"\")",
        "Interval(MonthDayNano)",
        "Decimal32(1, 0)",
        "Decimal32(5, -2)",
        "Decimal64(10, -3)",
        "Decimal128(20, -5)",
        "Decimal256(50, -7)",
        "FixedSizeBinary(0)",
        "Struct()",
        "Union(Sparse, 0: (\"i\": Int32))",
        "Union(Dense, 0: (\"i\": Int32))",
        "RunEndEncoded(\"run_ends\": non-null Int32, \"values\": Utf8)",
        "Dictionary(Int32, Utf8View)",
        "Dictionary(Int32, BinaryView)",
        "Dictionary(Int32, Boolean)",
        "Dictionary(Int32, Float16)",
        "Dictionary(Int32, Interval(YearMonth))",
        "Dictionary(Int32, Decimal128(20, 3))",
        "Dictionary(Int32, Decimal32(5, 2))",
        "Dictionary(Int32, FixedSizeBinary(2))",
        "Dictionary(Int32, List(Int32))",
        "Dictionary(Int32, Null)",
    ];
    assert_eq!(refused, expected);
}

fn metadata(pairs: &[(&str, &str)]) -> std::collections::HashMap<String, String> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[test]
fn names_and_metadata_come_back() {
    let extension = metadata(&[
        ("ARROW:extension:name", "example.thing"),
        ("ARROW:extension:metadata", "{\"a\":1}"),
        ("PARQUET:field_id", "7"),
        ("empty", ""),
    ]);
    let fields = vec![
        Field::new("", DataType::Int32, true),
        Field::new("a.b", DataType::Int32, false),
        Field::new("\u{e9} \0 \n", DataType::Utf8, true).with_metadata(extension),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None])),
        Arc::new(Int32Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec![None, Some("x")])),
    ];
    let pairs = metadata(&[("owner", "geese"), ("ARROW:schema", "x"), ("pandas", "{}")]);
    let schema = Arc::new(Schema::new(fields).with_metadata(pairs));
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        check_representable(batch.schema_ref(), format).unwrap();
        returns(&batch, format).unwrap();
    }
}

#[test]
fn twin_names_come_back() {
    let fields =
        vec![Field::new("a", DataType::Int32, true), Field::new("a", DataType::Utf8, true)];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None])),
        Arc::new(StringArray::from(vec![None, Some("x")])),
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    for format in [Format::Parquet, Format::Arrow, Format::ArrowStream] {
        check_representable(batch.schema_ref(), format).unwrap();
        returns(&batch, format).unwrap();
    }
}

#[test]
fn no_columns_need_arrow() {
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let schema = Arc::new(Schema::empty());
    let batch = RecordBatch::try_new_with_options(schema, vec![], &options).unwrap();
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        let refused = check_representable(batch.schema_ref(), format).unwrap_err();
        let expected = format!("{format} cannot hold a schema without columns");
        assert_eq!(refused.to_string(), expected);
    }
    for format in [Format::Arrow, Format::ArrowStream] {
        returns(&batch, format).unwrap();
    }
}
