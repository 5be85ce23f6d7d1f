//! Writers at the same time.

use std::collections::HashSet;

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
