//! The data files: what is made can be read, and is what it says.

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, RecordBatch};
use wingbeat_testkit::json::{FileKind, file_kinds, read};

#[test]
fn every_file_is_read_as_its_kind() {
    for kind in file_kinds() {
        let text = kind.generate();
        assert_eq!(text, kind.generate(), "{}: another one each time", kind.name);
        let (schema, batches) =
            read(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        assert_eq!(*schema, kind.schema, "{}", kind.name);
        for batch in batches {
            for column in batch.columns() {
                column.to_data().validate_full().unwrap();
            }
        }
    }
}

#[test]
fn files_hold_nulls_and_values() {
    let total = |kind: &FileKind| {
        let (_, batches) = read(kind.generate().as_bytes()).unwrap();
        let nulls: usize =
            batches.iter().flat_map(RecordBatch::columns).map(|column| column.null_count()).sum();
        (batches.iter().map(RecordBatch::num_rows).sum::<usize>(), nulls)
    };
    let kinds = file_kinds();
    let find = |name: &str| kinds.iter().find(|kind| kind.name == name).unwrap();
    assert_eq!(total(find("primitive_no_batches")), (0, 0));
    for name in ["primitive", "decimal256", "nested", "dictionary", "binary_view"] {
        let (rows, nulls) = total(find(name));
        assert!(rows > 0 && nulls > 0, "{name}: {rows} rows, {nulls} nulls");
    }
}

/// Arrow Java reads from the beginning to the end.
#[test]
fn keys_stand_in_the_order_of_streaming_readers() {
    let kinds = file_kinds();
    let text = kinds.iter().find(|kind| kind.name == "dictionary").unwrap().generate();
    let at = |key: &str| text.find(&format!("\"{key}\":")).unwrap();
    assert!(at("schema") < at("dictionaries") && at("dictionaries") < at("batches"));
    let column = &text[at("batches")..];
    let at = |key: &str| column.find(&format!("\"{key}\":")).unwrap();
    assert!(at("count") < at("columns") && at("VALIDITY") < at("DATA"));
}

#[test]
fn values_are_what_the_file_says() {
    let text = r#"{
        "schema": {"fields": [
            {"name": "n", "type": {"name": "int", "isSigned": true, "bitWidth": 64},
             "nullable": true, "children": []},
            {"name": "t", "type": {"name": "utf8view"}, "nullable": false, "children": []}
        ]},
        "batches": [{"count": 2, "columns": [
            {"name": "n", "count": 2, "VALIDITY": [1, 0], "DATA": ["-9223372036854775808", "0"]},
            {"name": "t", "count": 2, "VALIDITY": [1, 1], "VIEWS": [
                {"SIZE": 2, "INLINED": "é"},
                {"SIZE": 13, "PREFIX_HEX": "62636465", "BUFFER_INDEX": 0, "OFFSET": 1}
            ], "VARIADIC_DATA_BUFFERS": ["6162636465666768696A6B6C6D6E"]}
        ]}]
    }"#;
    let (_, batches) = read(text.as_bytes()).unwrap();
    let numbers = batches[0].column(0).as_primitive::<Int64Type>();
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(i64::MIN), None]);
    let texts = batches[0].column(1).as_string_view();
    assert_eq!(texts.iter().flatten().collect::<Vec<_>>(), ["é", "bcdefghijklmn"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let field = r#"{"name": "n", "type": {"name": "utf8"}, "nullable": true, "children": []}"#;
    for (schema, column) in [
        (r#"{"name": "n", "type": {"name": "no such"}}"#, "{}"),
        (field, "{}"),
        (field, r#"{"count": 1, "VALIDITY": [1], "OFFSET": [0, 5], "DATA": ["four"]}"#),
        (field, r#"{"count": 1, "VALIDITY": [1], "OFFSET": [0, "x"], "DATA": ["four"]}"#),
    ] {
        let text = format!(
            r#"{{"schema": {{"fields": [{schema}]}},
                "batches": [{{"count": 1, "columns": [{column}]}}]}}"#
        );
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}
