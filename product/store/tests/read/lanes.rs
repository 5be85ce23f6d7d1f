//! Columns that are decoded side by side: the same rows in the same order as from one reader.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray,
};
use arrow_select::concat::concat_batches;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use wingbeat_store::{ReadRequest, Store, StoreOptions};

use crate::support::{request, write_parquet};

const ROWS: i64 = 150_000;

/// Columns of many kinds: cheap and dear, flat and nested, with nulls and without.
fn table() -> RecordBatch {
    let ids = 0..ROWS;
    let text =
        |id: i64| (id % 7 != 3).then(|| format!("a text for row {id}, long enough to count"));
    let short: StringArray = ids.clone().map(|id| Some(format!("k{}", id % 5))).collect();
    let lists = ids.clone().map(|id| {
        (id % 4 != 1)
            .then(|| (0..id % 3).map(|n| Some(i32::try_from(n).unwrap())).collect::<Vec<_>>())
    });
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    let kinds = ids.clone().map(|id| ["one", "two", "three"][usize::try_from(id % 3).unwrap()]);
    let kinds: DictionaryArray<Int32Type> = kinds.collect();
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(ids.clone()));
    let text: ArrayRef = Arc::new(ids.clone().map(text).collect::<StringArray>());
    let flag: ArrayRef =
        Arc::new(ids.map(|id| (id % 5 != 0).then_some(id % 2 == 0)).collect::<BooleanArray>());
    let pair = StructArray::try_from(vec![("left", text.clone()), ("right", id.clone())]).unwrap();
    RecordBatch::try_from_iter_with_nullable(vec![
        ("id", id, true),
        ("text", text, true),
        ("short", Arc::new(short), true),
        ("lists", Arc::new(lists), true),
        ("kind", Arc::new(kinds), true),
        ("flag", flag, true),
        ("pair", Arc::new(pair), true),
    ])
    .unwrap()
}

fn store(folder: &Path, decoders: usize) -> Store {
    let mut options = StoreOptions::default();
    options.decoders_max = decoders;
    options.batch_bytes_target = 256 * 1024;
    Store::open(folder, options).unwrap()
}

/// The batches of a read.
async fn batches(store: &Store, request: &ReadRequest) -> Vec<RecordBatch> {
    let planned = store.plan(request).unwrap();
    store.read(planned.plan()).unwrap().try_collect().await.unwrap()
}

#[test]
fn side_by_side_gives_the_batches_of_one_reader() {
    let folder = tempfile::tempdir().unwrap();
    let table = table();
    write_parquet(&folder.path().join("t.parquet"), &table, 40_000);
    let (alone, together) = (store(folder.path(), 1), store(folder.path(), 4));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for read in [
        json!({"dataset": "t"}),
        json!({"dataset": "t", "columns": ["pair", "id", "lists"]}),
        json!({"dataset": "t", "columns": ["text"]}),
        json!({"dataset": "t", "columns": []}),
        json!({"dataset": "t", "offset": 39_999, "limit": 2}),
        json!({"dataset": "t", "offset": 85_123, "limit": 40_000, "columns": ["flag", "text"]}),
        json!({"dataset": "t", "limit": 10}),
        json!({"dataset": "t", "filter": [["id", ">=", 100_001]]}),
    ] {
        let (one, many) = runtime.block_on(async {
            (
                batches(&alone, &request(read.clone())).await,
                batches(&together, &request(read.clone())).await,
            )
        });
        assert_eq!(one, many, "{read}");
        assert!(!one.is_empty(), "{read}");
    }
    let whole = runtime.block_on(batches(&together, &request(json!({"dataset": "t"}))));
    assert!(whole.len() > 8, "{} batches", whole.len());
    assert_eq!(concat_batches(&table.schema(), &whole).unwrap(), table);
}

#[test]
fn many_reads_at_once_are_all_right_and_one_beside_resting_readers_is_not_held_up() {
    let folder = tempfile::tempdir().unwrap();
    let table = table();
    write_parquet(&folder.path().join("t.parquet"), &table, 40_000);
    let store = store(folder.path(), 2);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let whole = request(json!({"dataset": "t"}));
        let planned = store.plan(&whole).unwrap();
        let mut resting: Vec<_> = (0..32).map(|_| store.read(planned.plan()).unwrap()).collect();
        for stream in &mut resting {
            assert!(stream.next().await.unwrap().unwrap().num_rows() > 0);
        }
        let reads = (0..4).map(|_| batches(&store, &whole));
        for batches in futures_util::future::join_all(reads).await {
            assert_eq!(concat_batches(&table.schema(), &batches).unwrap(), table);
        }
    });
}

#[test]
fn a_broken_column_is_an_error_and_the_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &table(), 1 << 20);
    let mut bytes = std::fs::read(&path).unwrap();
    // In the pages of some columns; the footer is behind.
    let middle = bytes.len() / 4..bytes.len() / 2;
    bytes[middle].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let store = store(folder.path(), 4);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let planned = store.plan(&request(json!({"dataset": "t"}))).unwrap();
        let read: Result<Vec<_>, _> = store.read(planned.plan()).unwrap().try_collect().await;
        let error = read.unwrap_err().to_string();
        assert!(error.contains("t.parquet is corrupt"), "{error}");
        let rest = request(json!({"dataset": "t", "columns": ["id"], "limit": 10}));
        assert_eq!(batches(&store, &rest).await[0].num_rows(), 10);
    });
}
