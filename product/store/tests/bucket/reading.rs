//! What lies in a bucket is read as what lies in a folder.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use futures_util::{StreamExt as _, TryStreamExt as _};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::json;
use tokio::runtime::Runtime;
use wingbeat_store::{ReadRequest, ReadStream, Selection, Store, StoreError, StoreOptions};

use super::weed::{Weed, location};

/// Two columns: ids from `first`, and a text of each.
fn rows(first: i64, count: i64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + count));
    let text = (first..first + count).map(|id| Some(format!("row {id:>12}")));
    let texts: ArrayRef = Arc::new(text.collect::<StringArray>());
    RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("text", texts, true)]).unwrap()
}

fn parquet(batch: &RecordBatch, group_rows: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group_rows));
    let mut writer =
        ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch.slice(0, 1)).unwrap();
    writer.write(&batch.slice(1, batch.num_rows() - 1)).unwrap();
    writer.into_inner().unwrap()
}

fn csv(batch: &RecordBatch) -> Vec<u8> {
    let mut text = Vec::new();
    arrow_csv::Writer::new(&mut text).write(batch).unwrap();
    text
}

fn start(runtime: &Runtime, store: &Store, request: &ReadRequest) -> ReadStream {
    let _inside = runtime.enter();
    store.read(store.plan(request).unwrap().plan()).unwrap()
}

fn read(store: &Store, request: &ReadRequest) -> RecordBatch {
    let runtime = Runtime::new().unwrap();
    let stream = start(&runtime, store, request);
    let schema = stream.schema().clone();
    let batches: Vec<RecordBatch> = runtime.block_on(stream.try_collect()).unwrap();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

fn names(store: &Store) -> Vec<String> {
    let all = Selection::parse("").unwrap();
    store.list(&all).unwrap().iter().map(|dataset| dataset.name().to_string()).collect()
}

#[test]
fn every_format_reads_as_from_a_folder() {
    let Some(weed) = Weed::start() else { return };
    let batch = rows(0, 20_000);
    for (name, bytes) in [
        ("p.parquet", parquet(&batch, 3000)),
        ("a.arrow", arrow(&batch)),
        ("t.csv", csv(&batch)),
        ("folder/1.parquet", parquet(&batch.slice(0, 10_000), 10_000)),
        ("folder/2.parquet", parquet(&batch.slice(10_000, 10_000), 10_000)),
        ("hive/day=1/x.parquet", parquet(&batch.slice(0, 10), 10)),
        ("odd names/ü +%20&?.parquet", parquet(&batch.slice(0, 10), 10)),
        // Next to the prefix and not below it.
        ("../data2/other.parquet", parquet(&batch, 3000)),
        ("../datum.parquet", parquet(&batch, 3000)),
    ] {
        let key = name.strip_prefix("../").map_or_else(|| format!("data/{name}"), str::to_owned);
        weed.put(&key, bytes);
    }
    let store = weed.store("data");
    assert_eq!(names(&store), ["a", "folder", "hive", "odd names", "p", "t"]);
    for name in ["p", "a", "t", "folder"] {
        assert_eq!(read(&store, &ReadRequest::new(name)), batch, "{name}");
    }
    assert_eq!(read(&store, &ReadRequest::new("odd names/ü +%20&?")), batch.slice(0, 10));
    let request = json!({
        "dataset": "p", "columns": ["text"], "filter": [["id", ">=", 7000], ["id", "<", 7004]],
    });
    let found = read(&store, &serde_json::from_value(request).unwrap());
    assert_eq!(found, batch.slice(7000, 4).project(&[1]).unwrap());
    let request = json!({"dataset": "p", "offset": 2998, "limit": 5});
    assert_eq!(read(&store, &serde_json::from_value(request).unwrap()), batch.slice(2998, 5));
    let day = json!({"dataset": "hive", "columns": ["day"], "limit": 1});
    assert_eq!(read(&store, &serde_json::from_value(day).unwrap()).num_rows(), 1);
    assert_eq!(weed.store("").list(&Selection::parse("").unwrap()).unwrap().len(), 8);
    assert!(names(&weed.store("nothing/here")).is_empty());
}

#[test]
fn a_replaced_object_never_mixes_with_the_one_before() {
    let Some(weed) = Weed::start() else { return };
    let old = parquet(&rows(0, 400_000), 20_000);
    weed.put("t.parquet", old);
    let store = weed.store("");
    let runtime = Runtime::new().unwrap();
    let mut stream = start(&runtime, &store, &ReadRequest::new("t"));
    let first = runtime.block_on(stream.next()).unwrap().unwrap();
    assert_eq!(first, rows(0, first.num_rows() as i64));
    weed.put("t.parquet", parquet(&rows(1_000_000, 400_000), 20_000));
    let mut next = first.num_rows() as i64;
    let error = loop {
        match runtime.block_on(stream.next()) {
            Some(Ok(batch)) => {
                assert_eq!(batch, rows(next, batch.num_rows() as i64));
                next += batch.num_rows() as i64;
            }
            Some(Err(error)) => break error,
            None => panic!("all of an object that is gone was read"),
        }
    };
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    // The index is younger than its time, and still nobody is told of the old one.
    assert_eq!(read(&store, &ReadRequest::new("t")), rows(1_000_000, 400_000));
}

#[test]
fn a_store_that_restarts_is_waited_for() {
    let Some(mut weed) = Weed::start() else { return };
    let batch = rows(0, 600_000);
    weed.put("t.parquet", parquet(&batch, 20_000));
    let store = weed.store("");
    let runtime = Runtime::new().unwrap();
    let mut stream = start(&runtime, &store, &ReadRequest::new("t"));
    let mut read = vec![runtime.block_on(stream.next()).unwrap().unwrap()];
    weed.kill();
    let rest = std::thread::spawn(move || {
        let rest: Result<Vec<RecordBatch>, _> = runtime.block_on(stream.try_collect());
        rest
    });
    // It takes seconds to start, and requests fail meanwhile.
    weed.restart();
    read.extend(rest.join().unwrap().unwrap());
    assert_eq!(arrow_select::concat::concat_batches(&batch.schema(), &read).unwrap(), batch);
}

#[test]
fn a_table_is_read_by_its_log() {
    let Some(weed) = Weed::start() else { return };
    let part = parquet(&rows(5, 10), 10);
    let schema = json!({"type": "struct", "fields": [
        {"name": "id", "type": "long", "nullable": true, "metadata": {}},
        {"name": "text", "type": "string", "nullable": true, "metadata": {}},
    ]});
    let log = [
        json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
        json!({"metaData": {
            "id": "5f1b2c1a-0000-4000-8000-000000000001",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema.to_string(), "partitionColumns": [], "configuration": {},
        }}),
        json!({"add": {
            "path": "part-1.parquet", "partitionValues": {}, "size": part.len(),
            "modificationTime": 1, "dataChange": true,
        }}),
    ];
    let log = log.map(|action| action.to_string()).join("\n");
    weed.put("lake/t/_delta_log/00000000000000000000.json", log.into_bytes());
    weed.put("lake/t/part-1.parquet", part);
    weed.put("lake/t/stray.parquet", parquet(&rows(900, 10), 10));
    let store = weed.store("lake");
    assert_eq!(names(&store), ["t"]);
    assert_eq!(read(&store, &ReadRequest::new("t")), rows(5, 10));
}

#[test]
fn what_cannot_be_reached_is_said_at_the_start() {
    let Some(weed) = Weed::start() else { return };
    let open = |text: &str, options: StoreOptions| {
        let Ok(location) = text.parse::<wingbeat_store::StoreLocation>();
        Store::open(location, options).unwrap_err()
    };
    let settings = || StoreOptions::default().with_bucket(weed.settings());
    let error = open("s3://not-there", settings());
    assert!(error.to_string().starts_with("s3://not-there: "), "{error}");
    let wrong = weed.settings().with("aws_secret_access_key", "another secret");
    let error = Store::open(location("x"), StoreOptions::default().with_bucket(wrong)).unwrap_err();
    assert!(error.to_string().contains("credentials"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    let error = open("s3://lake/a//b", settings());
    assert!(matches!(error, StoreError::Unsupported { .. }), "{error}");
}

#[test]
fn a_path_is_a_folder_whatever_it_looks_like() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    std::io::Write::write_all(&mut File::create(&file).unwrap(), b"x\n1\n").unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    assert_eq!(names(&store), ["a"]);
    assert!(Store::open(Path::new("s3://lake"), StoreOptions::default()).is_err());
}
