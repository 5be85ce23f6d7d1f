//! What the tests of the reading side share: folders with files in them, and reading them whole.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow_array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use futures_util::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use wingbeat_store::{ReadRequest, Store, StoreError, StoreOptions};

/// Three columns: id counts from `first`, name is null where id leaves 2 by 3, value is half of id.
pub(crate) fn rows(first: i64, count: i64) -> RecordBatch {
    let ids = first..first + count;
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("value", DataType::Float64, true),
    ]));
    let name = |id: i64| (id % 3 != 2).then(|| format!("n{id}"));
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(Int64Array::from_iter_values(ids.clone())),
        Arc::new(ids.clone().map(name).collect::<StringArray>()),
        Arc::new(Float64Array::from_iter_values(ids.map(|id| id as f64 / 2.0 + 0.25))),
    ];
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Writes Parquet, in row groups of so many rows.
pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch, group_rows: usize) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group_rows));
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// Writes an Arrow IPC file.
pub(crate) fn write_arrow(path: &Path, batch: &RecordBatch) {
    let file = File::create(path).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

/// Writes an Arrow IPC stream.
pub(crate) fn write_arrows(path: &Path, batch: &RecordBatch) {
    let file = File::create(path).unwrap();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

/// Writes CSV with a header.
pub(crate) fn write_csv(path: &Path, batch: &RecordBatch) {
    arrow_csv::Writer::new(File::create(path).unwrap()).write(batch).unwrap();
}

/// Writes NDJSON.
pub(crate) fn write_ndjson(path: &Path, batch: &RecordBatch) {
    let mut writer = arrow_json::LineDelimitedWriter::new(File::create(path).unwrap());
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

/// Writes text.
pub(crate) fn write_text(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Makes a file look as if it was last written so long ago.
pub(crate) fn age(path: &Path, by: Duration) {
    File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - by).unwrap();
}

/// Opens a store with default options.
pub(crate) fn store(folder: &Path) -> Store {
    Store::open(folder, StoreOptions::default()).unwrap()
}

/// The names that a selection lists.
pub(crate) fn names(store: &Store, selection: &str) -> Vec<String> {
    let selection = wingbeat_store::Selection::parse(selection).unwrap();
    let datasets = store.list(&selection).unwrap();
    datasets.iter().map(|dataset| dataset.name().to_string()).collect()
}

/// A request from JSON.
pub(crate) fn request(json: serde_json::Value) -> ReadRequest {
    serde_json::from_value(json).unwrap()
}

/// Reads a request whole.
pub(crate) fn read(store: &Store, request: &ReadRequest) -> Result<RecordBatch, StoreError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let planned = store.plan(request)?;
        // A plan travels as text.
        let plan = serde_json::to_string(planned.plan()).unwrap();
        let stream = store.read(&serde_json::from_str(&plan).unwrap())?;
        let schema = stream.schema().clone();
        assert_eq!(&schema, planned.schema());
        let batches: Vec<RecordBatch> = stream.try_collect().await?;
        let batch = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
        if let Some(rows) = planned.rows() {
            assert_eq!(rows, batch.num_rows() as u64, "the rows that the plan promised");
        }
        Ok(batch)
    })
}

/// Reads a dataset whole.
pub(crate) fn read_all(store: &Store, name: &str) -> Result<RecordBatch, StoreError> {
    read(store, &ReadRequest::new(name))
}
