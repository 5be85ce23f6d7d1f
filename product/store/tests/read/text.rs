//! What CSV and NDJSON hold that is easily read as something else.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_schema::{DataType, Field};

use crate::support::*;

#[test]
fn a_csv_that_ends_within_quotes_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "7,\"two\nlines\"\n".repeat(200_000);
    let texts = [
        ("short.csv", "id,note\n1,\"x\"\n2,\"cut\n3,y\n".to_owned(), 3),
        ("first.csv", "id,note\n\"2,cut\n3,y\n".to_owned(), 2),
        ("header.csv", "\"id,note\n1,2\n".to_owned(), 1),
        ("long.csv", format!("id,note\n{lines}8,\"cut\n9,y\n"), 400_002),
    ];
    for (file, text, _) in &texts {
        write_text(&folder.path().join(file), text);
    }
    let whole = format!("id,note\n{lines}8,5\" pipe\n9,\"y\"\n");
    write_text(&folder.path().join("whole.csv"), &whole);
    let store = store(folder.path());
    for (file, _, line) in texts {
        let error = read_all(&store, file).unwrap_err().to_string();
        let said = format!("it ends within the quotes that line {line} opens");
        assert!(error.contains(file) && error.contains(&said), "{error}");
    }
    let whole = read_all(&store, "whole").unwrap();
    assert_eq!(whole.num_rows(), 200_002);
    assert_eq!(whole.column(1).as_string::<i32>().value(200_000), "5\" pipe");
}

#[test]
fn whole_numbers_in_ndjson_keep_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let max = u64::MAX;
    let text = format!(
        "{{\"u\": 1, \"s\": -1, \"b\": {max}0, \"f\": {max}, \"l\": [{max}], \
           \"o\": {{\"u\": 2}}}}\n\
         {{\"u\": {max}, \"s\": {max}, \"b\": 2, \"f\": 0.5, \"l\": [], \"o\": {{\"u\": {max}}}}}\n\
         {{\"z\": -0}}\n"
    );
    write_text(&folder.path().join("n.ndjson"), &text);
    let late = format!("{}{{\"i\": {max}}}\n", "{\"i\": 1}\n".repeat(200_000));
    write_text(&folder.path().join("late.ndjson"), &late);
    let store = store(folder.path());
    let batch = read_all(&store, "n").unwrap();
    let types: Vec<_> = batch.schema().fields().iter().map(|f| f.data_type().clone()).collect();
    let u64s = |name: &str| Field::new(name, DataType::UInt64, true);
    let expected = [
        DataType::UInt64,
        DataType::Utf8,
        DataType::Utf8,
        DataType::Float64,
        DataType::List(Arc::new(Field::new_list_field(DataType::UInt64, true))),
        DataType::Struct(vec![u64s("u")].into()),
        DataType::Float64,
    ];
    assert_eq!(types, expected);
    assert_eq!(batch.column(0).as_primitive::<UInt64Type>().values()[..2], [1, max]);
    assert_eq!(batch.column(1).as_string::<i32>().value(1), max.to_string());
    assert_eq!(batch.column(2).as_string::<i32>().value(0), format!("{max}0"));
    let items = batch.column(4).as_list::<i32>().value(0);
    assert_eq!(items.as_primitive::<UInt64Type>().values()[..], [max]);
    let inner = batch.column(5).as_struct().column(0).as_primitive::<UInt64Type>().value(1);
    assert_eq!(inner, max);
    // A later one does not fit what was inferred, and is not rounded.
    let error = read_all(&store, "late").unwrap_err().to_string();
    assert!(error.contains("line 200001") && error.contains(&max.to_string()), "{error}");
}
