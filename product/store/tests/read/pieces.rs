//! Reads in pieces: together they are the whole, in order.

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_select::concat::concat_batches;
use futures_util::TryStreamExt as _;
use wingbeat_store::{ReadPlan, SplitOptions, Store, StoreError, StoreOptions};

use crate::support::{rows, write_csv, write_parquet};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // Row groups of more than a MiB, so that they are told apart.
    write_parquet(&at("one.parquet"), &rows(0, 600_000), 150_000);
    for day in 0..3 {
        let file = at(&format!("days/day={day}/x.parquet"));
        write_parquet(&file, &rows(day * 200_000, 200_000), 100_000);
    }
    std::fs::create_dir(at("texts")).unwrap();
    write_csv(&at("texts/a.csv"), &rows(0, 10));
    write_csv(&at("texts/b.csv"), &rows(10, 10));
    let batch = rows(0, 400_000);
    let file = std::fs::File::create(at("ipc.arrow")).unwrap();
    let mut writer = FileWriter::try_new(file, &batch.schema()).unwrap();
    for first in (0..400_000).step_by(50_000) {
        writer.write(&batch.slice(first, 50_000)).unwrap();
    }
    writer.finish().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    (folder, store)
}

async fn read(store: &Store, plan: &ReadPlan) -> RecordBatch {
    let stream = store.read(plan).unwrap();
    let schema = stream.schema().clone();
    let batches: Vec<_> = stream.try_collect().await.unwrap();
    concat_batches(&schema, &batches).unwrap()
}

#[tokio::test]
async fn the_pieces_are_the_whole() {
    let (_folder, store) = store();
    for (request, expected) in [
        (r#"{"dataset": "one"}"#, 4),
        (r#"{"dataset": "one", "columns": ["name"], "filter": [["id", ">", 170000]]}"#, 4),
        (r#"{"dataset": "days"}"#, 6),
        (r#"{"dataset": "days", "filter": [["day", "!=", 1], ["name", "is null"]]}"#, 4),
        (r#"{"dataset": "texts"}"#, 2),
        (r#"{"dataset": "ipc"}"#, 8),
        (r#"{"dataset": "ipc", "limit": 10}"#, 1),
    ] {
        let planned = store.plan(&serde_json::from_str(request).unwrap()).unwrap();
        let whole = read(&store, planned.plan()).await;
        let pieces = planned.split(&SplitOptions { bytes_target: 1, pieces_max: 1000 });
        assert_eq!(pieces.len(), expected, "{request}");
        let mut parts = Vec::new();
        for piece in &pieces {
            let text = serde_json::to_string(&piece.plan).unwrap();
            let part = read(&store, &serde_json::from_str(&text).unwrap()).await;
            assert!(piece.rows.is_none_or(|rows| rows == part.num_rows() as u64), "{request}");
            parts.push(part);
        }
        assert!(whole.num_rows() > 0, "{request}");
        assert_eq!(concat_batches(&whole.schema(), &parts).unwrap(), whole, "{request}");
    }
}

#[tokio::test]
async fn another_store_on_the_folder_redeems_a_plan_and_sees_what_is_new() {
    let (folder, store) = store();
    let other = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let request = serde_json::from_str(r#"{"dataset": "texts"}"#).unwrap();
    // The other one knows the folder as it was.
    other.plan(&request).unwrap();
    let old = store.plan(&request).unwrap();
    write_csv(&folder.path().join("texts/c.csv"), &rows(20, 10));
    store.refresh().unwrap();
    let new = store.plan(&request).unwrap();
    let pieces = new.split(&SplitOptions { bytes_target: 1, pieces_max: 1000 });
    assert_eq!(read(&other, &pieces[2].plan).await, rows(20, 10));
    let gone = other.read(old.plan()).err();
    assert!(matches!(gone, Some(StoreError::Changed { .. })), "{gone:?}");
}
