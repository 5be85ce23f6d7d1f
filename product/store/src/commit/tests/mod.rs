//! Tests of writing: what stands where after a commit, a failure and a crash.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use super::*;
use crate::{Format, Store, StoreError, StoreOptions};

mod crash;
mod durable;
mod full;
mod kill;
mod modes;
mod names;
mod race;
mod reads;
mod repeat;
mod tables;

/// A store in a folder of its own.
fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    (folder, store)
}

fn open(folder: &Path) -> Store {
    Store::open(folder, StoreOptions::default()).unwrap()
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]))
}

/// `rows` rows that all say `n`.
fn batch(n: i64, rows: usize) -> RecordBatch {
    let column = Arc::new(Int64Array::from(vec![n; rows]));
    RecordBatch::try_new(schema(), vec![column]).unwrap()
}

/// Uploads two batches of two rows that say `n`.
async fn put(
    store: &Store,
    name: &str,
    n: i64,
    options: StageOptions,
) -> Result<Commit, StoreError> {
    let mut staged = store.stage(name, schema(), options).await?;
    staged.write(batch(n, 2)).await?;
    staged.write(batch(n, 2)).await?;
    let object = staged.finish().await?;
    store.commit(vec![object], None).await
}

fn replace() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Replace)
}

fn create() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Create)
}

/// The single value of a whole dataset file, checked to be all there.
fn value(path: &Path) -> i64 {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let batches: Vec<RecordBatch> = match path.extension().and_then(|ending| ending.to_str()) {
        Some("parquet") => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
            reader.map(Result::unwrap).collect()
        }
        Some("arrow") => {
            let reader = arrow_ipc::reader::FileReader::try_new(file, None).unwrap();
            reader.map(Result::unwrap).collect()
        }
        other => panic!("unexpected ending {other:?}"),
    };
    let numbers: Vec<i64> = batches
        .iter()
        .flat_map(|batch| {
            let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
            column.values().to_vec()
        })
        .collect();
    assert_eq!(numbers.len(), 4, "{}", path.display());
    assert!(numbers.iter().all(|n| *n == numbers[0]));
    numbers[0]
}

/// Whether the store wrote a file.
fn has_mark(path: &Path) -> bool {
    let (_, _, format) = Format::split_name(path.to_str().unwrap()).unwrap();
    mark::Mark::read(path, format).is_some()
}

/// Every file that the index would see, relative and sorted.
fn visible(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, &mut |path| {
        let relative = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if !relative.starts_with('.') {
            found.push(relative);
        }
    });
    found.sort();
    found
}

/// Every file in the staging area but the locks.
fn staged_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root.join(".wingbeat"), &mut |path| {
        if path.extension().is_none_or(|ending| ending != "lock") && !path.ends_with("lock") {
            found.push(path.to_owned());
        }
    });
    found
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}
