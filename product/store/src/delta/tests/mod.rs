//! Tests of tables: logs written by hand, as any other program might have written them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{FileWriter, Format, ReadRequest, Store, StoreError, StoreOptions, WriteOptions};

mod history;
mod races;
mod reading;
mod writing;

/// A store in a folder of its own.
fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    (folder, store)
}

/// A column of a table's schema in Delta's JSON.
fn column(name: &str, data_type: &str) -> Value {
    json!({"name": name, "type": data_type, "nullable": true, "metadata": {}})
}

/// The entry that makes a table, of the reader and writer versions that everybody knows.
fn made(columns: &[Value], partitions: &[&str]) -> Vec<Value> {
    made_with(columns, partitions, json!({"minReaderVersion": 1, "minWriterVersion": 2}), json!({}))
}

fn made_with(columns: &[Value], partitions: &[&str], protocol: Value, own: Value) -> Vec<Value> {
    let schema = json!({"type": "struct", "fields": columns}).to_string();
    vec![
        json!({"protocol": protocol}),
        json!({"metaData": {
            "id": "0f2b9c1a-1111-2222-3333-444455556666",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema,
            "partitionColumns": partitions,
            "configuration": own,
            "createdTime": 0,
        }}),
    ]
}

/// Writes an entry of a log.
fn commit(table: &Path, version: u64, actions: &[Value]) {
    let log = table.join("_delta_log");
    fs::create_dir_all(&log).unwrap();
    let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
    fs::write(log.join(format!("{version:020}.json")), lines.join("\n")).unwrap();
}

/// An `add` of a file that is there.
fn add(table: &Path, file: &str, partition: Value, stats: Value, time: i64) -> Value {
    let size = fs::metadata(table.join(file)).unwrap().len();
    json!({"add": {
        "path": file, "size": size, "modificationTime": time, "dataChange": true,
        "partitionValues": partition, "stats": stats.to_string(),
    }})
}

fn remove(file: &str) -> Value {
    json!({"remove": {"path": file, "dataChange": true, "deletionTimestamp": 1}})
}

/// The columns `n` and `s` of a file: `values` and their texts.
fn rows(values: &[i64]) -> RecordBatch {
    let texts: Vec<String> = values.iter().map(i64::to_string).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(Int64Array::from(values.to_vec()))),
        ("s", Arc::new(StringArray::from(texts))),
    ];
    batch(columns)
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Writes a Parquet file below a table's folder.
fn write(table: &Path, file: &str, batch: &RecordBatch) -> PathBuf {
    let path = table.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let target = Box::new(fs::File::create(&path).unwrap());
    let options = WriteOptions::default();
    let mut writer = FileWriter::new(target, Format::Parquet, batch.schema(), &options).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    path
}

/// The statistics of a file of [`rows`].
fn stats(values: &[i64]) -> Value {
    let (low, high) = (values.iter().min().unwrap(), values.iter().max().unwrap());
    json!({"numRecords": values.len(), "minValues": {"n": low}, "maxValues": {"n": high},
           "nullCount": {"n": 0, "s": 0}})
}

/// A table of `n` and `s` with one file for each list, each in a version of its own.
fn table(root: &Path, name: &str, files: &[&[i64]]) -> PathBuf {
    let table = root.join(name);
    let columns = [column("n", "long"), column("s", "string")];
    commit(&table, 0, &made(&columns, &[]));
    for (at, values) in files.iter().enumerate() {
        let file = format!("part-{at}.parquet");
        write(&table, &file, &rows(values));
        let version = at as u64 + 1;
        let added = add(&table, &file, json!({}), stats(values), at as i64);
        commit(&table, version, &[added]);
    }
    table
}

/// Reads what a request asks for.
async fn read(store: &Store, request: &ReadRequest) -> Result<Vec<RecordBatch>, StoreError> {
    let plan = store.plan(request)?.plan().clone();
    store.read(&plan)?.try_collect().await
}

/// The values of `n`, in the order in which they come.
async fn numbers(store: &Store, request: &ReadRequest) -> Vec<i64> {
    numbers_of(&read(store, request).await.unwrap())
}

fn numbers_of(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| batch.column_by_name("n").unwrap().clone();
    let columns: Vec<ArrayRef> = batches.iter().map(column).collect();
    columns.iter().flat_map(|column| column.as_primitive::<Int64Type>().values().to_vec()).collect()
}

/// A request with conditions.
fn where_(dataset: &str, filter: Value) -> ReadRequest {
    serde_json::from_value(json!({"dataset": dataset, "filter": filter})).unwrap()
}
