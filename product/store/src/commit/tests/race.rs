//! Writers at the same time.

use std::collections::HashSet;
use std::time::Duration;

use super::super::area::Writing;
use super::super::disk::{Disk, Hook, Operation};
use super::*;

const WRITERS: i64 = 12;

/// Commits `WRITERS` uploads at once, from two stores on one folder; the results in order.
async fn race(
    root: &Path,
    options: impl Fn(i64) -> StageOptions,
) -> Vec<Result<Commit, StoreError>> {
    let stores = [open(root), open(root)];
    let mut tasks = Vec::new();
    for n in 0..WRITERS {
        let store = stores[n as usize % 2].clone();
        let options = options(n);
        tasks.push(tokio::spawn(async move { put(&store, "a/trips", n, options).await }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn alternating(options: StageOptions, n: i64) -> StageOptions {
    options.with_format(if n % 3 == 0 { Format::Arrow } else { Format::Parquet })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_creators_exactly_one_wins() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let results = race(folder.path(), |n| alternating(create(), n)).await;
        let winners: Vec<usize> =
            (0..results.len()).filter(|index| results[*index].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{results:?}");
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
        }
        let files = visible(folder.path());
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(value(&folder.path().join(&files[0])), winners[0] as i64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_replacers_the_last_one_stands() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let results = race(folder.path(), |n| alternating(StageOptions::default(), n)).await;
        let versions: HashSet<String> =
            results.iter().map(|result| result.as_ref().unwrap().version.clone()).collect();
        assert_eq!(versions.len(), results.len());
        let files = visible(folder.path());
        assert_eq!(files.len(), 1, "{files:?}");
        let path = folder.path().join(&files[0]);
        let standing = crate::version::file_version(&path.metadata().unwrap());
        let last = value(&path);
        assert_eq!(results[last as usize].as_ref().unwrap().version, standing);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_writers_with_one_version_one_wins() {
    let (folder, store) = store();
    let first = put(&store, "trips", 0, StageOptions::default()).await.unwrap();
    let mut tasks = Vec::new();
    for n in 1..WRITERS {
        let (store, version) = (store.clone(), first.version.clone());
        tasks.push(tokio::spawn(async move {
            let mut staged = store.stage("trips", schema(), StageOptions::default()).await?;
            staged.write(batch(n, 4)).await?;
            let object = staged.finish().await?;
            store.commit(vec![object], Some(&version)).await.map(|_| n)
        }));
    }
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(n) => winners.push(n),
            Err(error) => assert!(matches!(error, StoreError::Changed { .. }), "{error}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(value(&folder.path().join("trips.parquet")), winners[0]);
}

/// Between the two steps of a commit that changes the ending, both files stand there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upload_that_begins_within_a_commit_waits_for_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let before = open(folder.path());
    put(&before, "trips", 1, StageOptions::default().with_format(Format::Arrow)).await.unwrap();
    let (begin, begun) = std::sync::mpsc::channel();
    let (tell, told) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let hook: Hook = Arc::new(move |operation| {
        if matches!(operation, Operation::Remove(path) if path.ends_with("trips.arrow")) {
            let _ = begin.send(());
            // It fails at once, or waits for what we hold here.
            let _ = told.lock().unwrap().recv_timeout(Duration::from_millis(300));
        }
        Ok(())
    });
    let writing = Writing::with_disk(before.root().as_path(), Disk::hooked(hook));
    let slow = Store::with_writing(before.root().as_path(), writing);
    let beginner = tokio::task::spawn_blocking(move || {
        begun.recv().unwrap();
        let staged = before.stage("trips", schema(), StageOptions::default());
        let staged = tokio::runtime::Handle::current().block_on(staged);
        let _ = tell.send(());
        staged.map(drop)
    });
    put(&slow, "trips", 2, StageOptions::default().with_format(Format::Parquet)).await.unwrap();
    beginner.await.unwrap().unwrap();
    assert_eq!(visible(folder.path()), ["trips.parquet"]);
}
