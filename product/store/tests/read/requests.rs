//! Reads of every format, with columns, filters and bounds.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::support::*;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, Int64Array, RecordBatch};
use arrow_schema::DataType;
use futures_util::StreamExt;
use serde_json::json;
use wingbeat_store::{FileReader, Format, ReadOptions, ReadRequest, StoreError, StoreOptions};

fn ids(batch: &RecordBatch) -> Vec<i64> {
    batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

/// Writes the same rows in every format.
fn write_all(folder: &Path, batch: &RecordBatch) {
    write_parquet(&folder.join("parquet.parquet"), batch, 100);
    write_arrow(&folder.join("file.arrow"), batch);
    write_arrows(&folder.join("stream.arrows"), batch);
    write_csv(&folder.join("csv.csv"), batch);
    write_ndjson(&folder.join("ndjson.ndjson"), batch);
    let text = fs::read(folder.join("csv.csv")).unwrap();
    let file = fs::File::create(folder.join("packed.csv.gz")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gzip.write_all(&text).unwrap();
    gzip.finish().unwrap();
}

const ALL: [&str; 6] = ["csv", "file", "ndjson", "packed", "parquet", "stream"];

#[test]
fn one_file_of_each_format_reads_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let batch = rows(0, 1000);
    write_all(folder.path(), &batch);
    let store = store(folder.path());
    assert_eq!(names(&store, ""), ALL);
    for name in ALL {
        assert_eq!(read_all(&store, name).unwrap(), batch, "{name}");
        let dataset = store.find(name).unwrap();
        let counted = matches!(dataset.format(), Format::Parquet | Format::Arrow);
        assert_eq!(dataset.rows(), counted.then_some(1000), "{name}");
        assert_eq!(dataset.bytes().is_some(), !dataset.format().is_text(), "{name}");
    }
}

#[test]
fn columns_filters_and_bounds_mean_the_same_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), &rows(0, 1000));
    let store = store(folder.path());
    let cases = [
        (json!({"filter": [["id", ">=", 990]]}), (990..1000).collect::<Vec<i64>>()),
        (json!({"filter": [["id", "<", 3], ["id", "!=", 1]]}), vec![0, 2]),
        (json!({"filter": [["id", "in", [5, 500, 5000]]]}), vec![5, 500]),
        (json!({"filter": [["id", ">", 997.5]]}), vec![998, 999]),
        (json!({"filter": [["id", "==", 1e3]]}), vec![]),
        (json!({"filter": [["id", "==", 99999999999999999999_f64]]}), vec![]),
        (json!({"filter": [["name", "==", "n7"]]}), vec![7]),
        (json!({"filter": [["name", "is null"], ["id", "<=", 6]]}), vec![2, 5]),
        (json!({"filter": [["name", "is not null"], ["id", "<=", 4]]}), vec![0, 1, 3, 4]),
        (json!({"filter": [["name", "not in", ["n1", "n2"]], ["id", "<", 6]]}), vec![0, 3, 4]),
        (json!({"filter": [["value", "<=", 1.25]]}), vec![0, 1, 2]),
        (json!({"offset": 998}), vec![998, 999]),
        (json!({"offset": 98, "limit": 4}), vec![98, 99, 100, 101]),
        (json!({"offset": 2000}), vec![]),
        (json!({"limit": 0}), vec![]),
        (json!({"filter": [["id", ">=", 150]], "offset": 60, "limit": 2}), vec![210, 211]),
        (json!({"filter": [["id", "<", 50]], "offset": 48, "limit": 9}), vec![48, 49]),
    ];
    for name in ALL {
        for (case, want) in &cases {
            let mut case = case.clone();
            case["dataset"] = json!(name);
            let batch = read(&store, &request(case.clone())).unwrap();
            assert_eq!(&ids(&batch), want, "{case}");
        }
        // Other columns than the filter's, in another order.
        let case = json!({"dataset": name, "columns": ["value", "name"],
            "filter": [["id", "==", 4]]});
        let batch = read(&store, &request(case)).unwrap();
        assert_eq!(batch.num_columns(), 2);
        assert_eq!(batch.column(0).as_primitive::<Float64Type>().values(), &[2.25]);
        assert_eq!(batch.column(1).as_string::<i32>().value(0), "n4");
        let none = json!({"dataset": name, "columns": [], "filter": [["id", "<", 7]]});
        assert_eq!(read(&store, &request(none)).unwrap().num_rows(), 7);
    }
}

#[test]
fn requests_that_make_no_sense_say_why() {
    let folder = tempfile::tempdir().unwrap();
    write_parquet(&folder.path().join("t.parquet"), &rows(0, 10), 10);
    let store = store(folder.path());
    let cases = [
        (json!({"columns": ["valu"]}), "no column is named \"valu\", near it are \"value\""),
        (json!({"columns": ["zzzzzzz"]}), "it has \"id\", \"name\", \"value\""),
        (json!({"filter": [["idd", "==", 1]]}), "near it are \"id\""),
        (json!({"filter": [["id", "==", "x"]]}), "filter on column \"id\": \"x\" is not Int64"),
        (
            json!({"filter": [["name", "==", 7]]}),
            "7 is a number, where Utf8 takes a string in quotes",
        ),
        (json!({"filter": [["id", "==", null]]}), "use \"is null\""),
        (json!({"filter": [["id", "in", 7]]}), "takes a list"),
    ];
    for (mut case, want) in cases {
        case["dataset"] = json!("t");
        let error = store.plan(&request(case.clone())).unwrap_err();
        assert!(matches!(error, StoreError::InvalidRequest { .. }), "{case}: {error}");
        assert!(error.to_string().contains(want), "{case}: {error}");
    }
    for text in [
        r#"{"dataset": "t", "column": ["id"]}"#,
        r#"{"dataset": "t", "filter": [["id", "~", 1]]}"#,
        r#"{"dataset": "t", "filter": [["id", "=="]]}"#,
        r#"{"dataset": "t", "filter": [["id", "is null", 1]]}"#,
        r#"{"dataset": "t", "limit": -1}"#,
    ] {
        assert!(serde_json::from_str::<ReadRequest>(text).is_err(), "{text}");
    }
}

#[test]
fn a_plan_is_bound_to_its_version_and_a_reader_to_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &rows(0, 100_000), 10_000);
    let mut options = StoreOptions::default();
    options.batch_rows_max = 1000;
    let store = wingbeat_store::Store::open(folder.path(), options).unwrap();
    let planned = store.plan(&ReadRequest::new("t")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut stream = store.read(planned.plan()).unwrap();
        let mut seen = stream.next().await.unwrap().unwrap().num_rows();
        let new = folder.path().join(".new");
        write_parquet(&new, &rows(0, 5), 10);
        fs::rename(&new, &path).unwrap();
        while let Some(batch) = stream.next().await {
            seen += batch.unwrap().num_rows();
        }
        assert_eq!(seen, 100_000);
        let error = store.read(planned.plan()).unwrap_err();
        assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    });
    assert_ne!(store.find("t").unwrap().version(), planned.plan().version);
    assert_eq!(read_all(&store, "t").unwrap().num_rows(), 5);
    fs::remove_file(&path).unwrap();
    let error = runtime.block_on(async { store.read(planned.plan()).unwrap_err() });
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
}

#[test]
fn corrupt_files_answer_with_their_name_and_disturb_nobody() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), &rows(0, 1000));
    // A Parquet file with its middle overwritten: the footer is fine.
    let inner = folder.path().join("inner.parquet");
    write_parquet(&inner, &rows(0, 1000), 100);
    let mut bytes = fs::read(&inner).unwrap();
    for byte in &mut bytes[4..2000] {
        *byte = 0xa5;
    }
    fs::write(&inner, &bytes).unwrap();
    let outer = folder.path().join("outer.parquet");
    fs::write(&outer, b"this is none").unwrap();
    let store = store(folder.path());
    assert!(!names(&store, "").contains(&"outer".to_owned()));
    assert_eq!(read_all(&store, "parquet").unwrap(), rows(0, 1000));
    for name in ["inner", "outer"] {
        let error = read_all(&store, name).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{name}: {error}");
        assert!(error.to_string().contains(&format!("{name}.parquet")), "{name}: {error}");
    }
}

#[test]
fn mutated_files_end_in_a_value_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let batch = rows(0, 40);
    write_all(folder.path(), &batch);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    // The default hook would print every panic that is caught here; other tests keep it.
    let (here, hook) = (std::thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != here {
            hook(info);
        }
    }));
    let files = ["parquet.parquet", "file.arrow", "stream.arrows", "ndjson.ndjson", "csv.csv"];
    let mut failed = 0;
    for name in files {
        let whole = fs::read(folder.path().join(name)).unwrap();
        let format = Format::split_name(name).unwrap().2;
        let path = folder.path().join("mutant");
        for round in 0..400 {
            let mut bytes = whole.clone();
            if round % 4 == 0 {
                bytes.truncate(random(bytes.len()));
            }
            for _ in 0..random(4) {
                if !bytes.is_empty() {
                    let at = random(bytes.len());
                    bytes[at] = random(256) as u8;
                }
            }
            fs::write(&path, &bytes).unwrap();
            let reader = FileReader::open(&path, format, &ReadOptions::default());
            let outcome = reader.and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
            failed += usize::from(outcome.is_err());
        }
    }
    assert!(failed > 400, "{failed} of 2000 mutants failed");
}

#[test]
fn text_types_are_inferred_and_schema_files_override() {
    let folder = tempfile::tempdir().unwrap();
    let text = "zip,n,day,x\n007,1,2024-02-29,NA\n008,2,2024-03-01,1.5\n";
    write_text(&folder.path().join("plain.csv"), text);
    write_text(&folder.path().join("told.csv"), text);
    let schema = r#"{"fields": [{"name": "zip", "type": "int32"}], "null": ["NA"]}"#;
    write_text(&folder.path().join("told.schema.json"), schema);
    write_text(&folder.path().join("tabs.tsv"), "a\tb\n1\tx\n");
    write_text(&folder.path().join("bare.csv"), "1;x\n2;y\n");
    let schema = r#"{"fields": [{"name": "n", "type": "int8"}, {"name": "s", "type": "utf8"}],
        "header": false, "delimiter": ";"}"#;
    write_text(&folder.path().join("bare.schema.json"), schema);
    let store = store(folder.path());
    assert_eq!(names(&store, ""), ["bare", "plain", "tabs", "told"]);
    let plain = read_all(&store, "plain").unwrap();
    assert_eq!(plain.column(0).as_string::<i32>().value(0), "007");
    assert_eq!(plain.column(1).as_primitive::<Int64Type>().values(), &[1, 2]);
    assert_eq!(plain.column(2).as_primitive::<Date32Type>().value(0), 19782);
    assert_eq!(plain.column(3).data_type(), &DataType::Utf8);
    let told = read_all(&store, "told").unwrap();
    assert_eq!(told.column(0).data_type(), &DataType::Int32);
    assert!(told.column(3).is_null(0));
    assert_eq!(told.column(3).as_primitive::<Float64Type>().value(1), 1.5);
    let tabs = read_all(&store, "tabs").unwrap();
    assert_eq!(tabs.schema().field(1).name(), "b");
    let bare = read_all(&store, "bare").unwrap();
    assert_eq!(bare.num_rows(), 2);
    assert_eq!(bare.schema().field(0).data_type(), &DataType::Int8);
    // A changed schema file is another version.
    let before = store.find("told").unwrap().version().to_owned();
    write_text(&folder.path().join("told.schema.json"), r#"{"null": ["NA"]}"#);
    assert_ne!(store.find("told").unwrap().version(), before);
    assert_eq!(read_all(&store, "told").unwrap().column(0).data_type(), &DataType::Utf8);
}

#[test]
fn a_schema_file_beside_a_folder_goes_with_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| write_text(&folder.path().join(name), text);
    for inner in ["leaf", "hive", "hive/year=2024", "hive/year=2025"] {
        fs::create_dir(folder.path().join(inner)).unwrap();
    }
    put("leaf.schema.json", r#"{"fields": [{"name": "n", "type": "utf8"}]}"#);
    put("leaf/a.csv", "n\n1\n");
    put("leaf/b.csv", "n\n2\n");
    put("hive.schema.json", r#"{"fields": [{"name": "n", "type": "int16"}]}"#);
    put("hive/year=2024/a.csv", "n\n1\n");
    put("hive/year=2025/a.csv", "n\n2\n");
    let store = store(folder.path());
    assert_eq!(names(&store, ""), ["hive", "leaf"]);
    let leaf = read_all(&store, "leaf").unwrap();
    assert_eq!(leaf.column(0).as_string::<i32>().value(1), "2");
    let hive = read_all(&store, "hive").unwrap();
    assert_eq!(hive.column(0).data_type(), &DataType::Int16);
    assert_eq!(hive.schema().field(1).name(), "year");
    // A schema file of its own is nearer; the other file keeps the folder's.
    put("leaf/a.schema.json", r#"{"fields": [{"name": "n", "type": "utf8"}], "null": ["1"]}"#);
    store.refresh().unwrap();
    let leaf = read_all(&store, "leaf").unwrap();
    assert!(leaf.column(0).is_null(0));
    assert_eq!(leaf.column(0).as_string::<i32>().value(1), "2");
    // A changed one beside the folder is another version.
    let before = store.find("hive").unwrap().version().to_owned();
    put("hive.schema.json", r#"{"fields": [{"name": "n", "type": "float64"}]}"#);
    assert_ne!(store.find("hive").unwrap().version(), before);
    assert_eq!(read_all(&store, "hive").unwrap().column(0).data_type(), &DataType::Float64);
}

#[test]
fn a_late_clash_names_file_line_column_and_value() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "id,note\n".to_owned();
    let mut json = String::new();
    for id in 0..20_000 {
        csv.push_str(&format!("{id},\"two\nlines\"\n"));
        json.push_str(&format!("{{\"id\": {id}, \"note\": \"x\"}}\n"));
    }
    csv.push_str("oops,last\n");
    json.push_str("{\"id\": \"oops\", \"note\": \"x\"}\n");
    write_text(&folder.path().join("c.csv"), &csv);
    write_text(&folder.path().join("j.ndjson"), &json);
    write_text(&folder.path().join("k.ndjson"), "{\"z\": 1, \"a\": 2}\n{\"z\" 2}\n");
    let more = format!("{}{{\"z\": 1, \"new\": 2}}\n", "{\"z\": 1, \"a\": 2}\n".repeat(20_000));
    write_text(&folder.path().join("l.ndjson"), &more);
    let store = store(folder.path());
    let error = store.find("k").unwrap_err().to_string();
    assert!(error.contains("k.ndjson") && error.contains("line 2"), "{error}");
    // Columns stand in the order of the file, and a late one is not lost in silence.
    assert_eq!(store.find("l").unwrap().schema().field(0).name(), "z");
    let error = read_all(&store, "l").unwrap_err().to_string();
    assert!(error.contains("line 20001") && error.contains("\"new\""), "{error}");
    for (name, file, at) in [("c", "c.csv", 40_002), ("j", "j.ndjson", 20_001)] {
        match read_all(&store, name).unwrap_err() {
            StoreError::BadValue { file: found, line, column, value, expected } => {
                assert_eq!(found, Path::new(file));
                assert_eq!((line, column.as_str(), value.as_str()), (at, "id", "oops"));
                assert_eq!(expected, "Int64");
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn standard_input_reads_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let batch = rows(0, 300);
    write_all(folder.path(), &batch);
    for (name, format) in [
        ("parquet.parquet", Format::Parquet),
        ("file.arrow", Format::Arrow),
        ("stream.arrows", Format::ArrowStream),
        // The stream form under the name of the file form.
        ("stream.arrows", Format::Arrow),
        ("csv.csv", Format::Csv),
        ("packed.csv.gz", Format::Csv),
        ("ndjson.ndjson", Format::Ndjson),
    ] {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        let input = Box::new(std::io::Cursor::new(bytes));
        let reader = FileReader::from_reader(input, format, &ReadOptions::default()).unwrap();
        let schema = reader.schema().clone();
        let batches = reader.collect::<Result<Vec<_>, _>>().unwrap();
        let found = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
        assert_eq!(found, batch, "{name}");
    }
}

#[test]
fn wide_rows_make_short_batches_and_a_dropped_reader_ends() {
    let folder = tempfile::tempdir().unwrap();
    let ids = Int64Array::from_iter_values(0..200_000);
    let schema =
        arrow_schema::Schema::new(vec![arrow_schema::Field::new("id", DataType::Int64, false)]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids)]).unwrap();
    write_parquet(&folder.path().join("t.parquet"), &batch, 200_000);
    let mut options = StoreOptions::default();
    options.batch_bytes_target = 8 * 1024;
    let store = wingbeat_store::Store::open(folder.path(), options).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let planned = store.plan(&ReadRequest::new("t")).unwrap();
        let mut streams: Vec<_> = (0..64).map(|_| store.read(planned.plan()).unwrap()).collect();
        let first = streams[0].next().await.unwrap().unwrap();
        assert_eq!(first.num_rows(), 1024);
        drop(streams);
        let stream = store.read(planned.plan()).unwrap();
        let rows: usize = stream
            .map(|batch| batch.unwrap().num_rows())
            .fold(0, |a, b| async move { a + b })
            .await;
        assert_eq!(rows, 200_000);
    });
}
