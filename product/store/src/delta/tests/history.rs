//! Plans that stay with their version, and reads of earlier ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;

fn version(dataset: &str, version: u64) -> ReadRequest {
    serde_json::from_value(json!({"dataset": dataset, "version": version})).unwrap()
}

fn at(dataset: &str, time: &str) -> ReadRequest {
    serde_json::from_value(json!({"dataset": dataset, "timestamp": time})).unwrap()
}

/// Sets when an entry of a log was written, in seconds since 1970.
fn written(table: &Path, version: u64, seconds: u64) {
    let entry = table.join("_delta_log").join(format!("{version:020}.json"));
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
    fs::File::options().write(true).open(entry).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn a_plan_stays_with_its_version_when_others_follow() {
    let (folder, store) = store();
    let table = table(folder.path(), "trips", &[&[1], &[2]]);
    let plan = store.plan(&ReadRequest::new("trips")).unwrap().plan().clone();
    assert_eq!(plan.version, "delta:2:0f2b9c1a");
    write(&table, "more.parquet", &rows(&[3]));
    let more = add(&table, "more.parquet", json!({}), stats(&[3]), 9);
    commit(&table, 3, &[more, remove("part-0.parquet")]);

    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [2, 3]);
    let batches: Vec<_> = store.read(&plan).unwrap().try_collect().await.unwrap();
    assert_eq!(numbers_of(&batches), [1, 2]);
    // So does a server that never knew that version as the youngest.
    let other = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let batches: Vec<_> = other.read(&plan).unwrap().try_collect().await.unwrap();
    assert_eq!(numbers_of(&batches), [1, 2]);

    fs::remove_file(table.join("part-0.parquet")).unwrap();
    let vacuumed = other.read(&plan).unwrap_err();
    assert!(matches!(vacuumed, StoreError::Changed { .. }), "{vacuumed}");
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [2, 3]);
}

#[tokio::test]
async fn the_plan_of_a_table_that_was_made_anew_is_told_so() {
    let (folder, store) = store();
    let table = table(folder.path(), "trips", &[&[1], &[2]]);
    let plan = store.plan(&ReadRequest::new("trips")).unwrap().plan().clone();
    fs::remove_dir_all(&table).unwrap();
    super::table(folder.path(), "trips", &[&[7], &[8], &[9]]);
    let entry = table.join("_delta_log").join(format!("{:020}.json", 0));
    let other = fs::read_to_string(&entry).unwrap().replace("0f2b9c1a", "abcdef01");
    fs::write(&entry, other).unwrap();
    let error = store.read(&plan).unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
}

#[tokio::test]
async fn a_version_is_named_by_its_number() {
    let (folder, store) = store();
    table(folder.path(), "trips", &[&[1], &[2], &[3]]);
    assert_eq!(numbers(&store, &version("trips", 1)).await, [1]);
    assert_eq!(numbers(&store, &version("trips", 3)).await, [1, 2, 3]);
    assert_eq!(store.plan(&version("trips", 0)).unwrap().rows(), Some(0));
    let error = store.plan(&version("trips", 4)).unwrap_err();
    assert_eq!(error.to_string(), "table trips has no version 4, its youngest is 3");
}

#[tokio::test]
async fn a_version_is_named_by_a_time() {
    let (folder, store) = store();
    let table = table(folder.path(), "trips", &[&[1], &[2], &[3]]);
    // The clock of version 2 went backwards.
    for (version, seconds) in [(0, 100), (1, 200), (2, 150), (3, 400)] {
        written(&table, version, seconds);
    }
    assert_eq!(numbers(&store, &at("trips", "1970-01-01T00:03:20Z")).await, [1]);
    assert_eq!(numbers(&store, &at("trips", "1970-01-01T00:03:21Z")).await, [1, 2]);
    assert_eq!(numbers(&store, &at("trips", "1970-01-01T01:06:39+01:00")).await, [1, 2]);
    assert_eq!(numbers(&store, &at("trips", "2970-01-01T00:00:00Z")).await, [1, 2, 3]);
    let early = store.plan(&at("trips", "1970-01-01T00:01:39Z")).unwrap_err().to_string();
    assert!(early.contains("begins at 1970-01-01T00:01:40"), "{early}");
    let odd = store.plan(&at("trips", "yesterday")).unwrap_err().to_string();
    assert!(odd.contains("\"yesterday\"") && odd.contains("RFC 3339"), "{odd}");
}

#[tokio::test]
async fn what_has_no_history_says_so() {
    let (folder, store) = store();
    write(folder.path(), "plain.parquet", &rows(&[1]));
    let error = store.plan(&version("plain", 0)).unwrap_err();
    assert!(matches!(error, StoreError::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("has no history"), "{error}");
    table(folder.path(), "trips", &[&[1]]);
    store.refresh().unwrap();
    let both = json!({"dataset": "trips", "version": 1, "timestamp": "2026-01-01T00:00:00Z"});
    let error = store.plan(&serde_json::from_value(both).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "a read names a version or a timestamp, not both");
}
