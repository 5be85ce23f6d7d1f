//! Writers at the same time.

use super::writing::{append, create_append, put, staged};
use super::*;
use crate::StageOptions;

const WRITERS: usize = 4;
const EACH: i64 = 5;

/// Runs `EACH` uploads in each of `WRITERS` tasks, over two stores on one folder.
async fn race(root: &Path, options: impl Fn(i64) -> StageOptions) {
    let stores = [0, 1].map(|_| Store::open(root, StoreOptions::default()).unwrap());
    let mut tasks = Vec::new();
    for writer in 0..WRITERS as i64 {
        let store = stores[writer as usize % 2].clone();
        let all: Vec<(i64, StageOptions)> =
            (0..EACH).map(|nth| writer * EACH + nth).map(|value| (value, options(value))).collect();
        tasks.push(tokio::spawn(async move {
            for (value, options) in all {
                put(&store, "trips", &rows(&[value]), options).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for store in stores {
        let mut found = numbers(&store, &ReadRequest::new("trips")).await;
        found.sort_unstable();
        let expected: Vec<i64> = (0..WRITERS as i64 * EACH).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_appends_at_once_all_land_once() {
    let folder = tempfile::tempdir().unwrap();
    race(folder.path(), |_| create_append()).await;
    let log = folder.path().join("trips/_delta_log");
    let entries = fs::read_dir(log).unwrap().count();
    assert_eq!(entries as i64, WRITERS as i64 * EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replacement_among_appends_takes_those_before_it_and_none_after() {
    let (_folder, store) = store();
    put(&store, "trips", &rows(&[0]), create_append()).await.unwrap();
    let mut objects = Vec::new();
    for value in 1..=6 {
        let options = if value == 4 {
            StageOptions::default().with_mode(crate::WriteMode::Replace)
        } else {
            append()
        };
        objects.push(staged(&store, "trips", &[rows(&[value])], options).await.unwrap());
    }
    let mut tasks = Vec::new();
    for object in objects {
        let store = store.clone();
        tasks.push(tokio::spawn(async move { store.commit(vec![object], None).await.unwrap() }));
    }
    let mut versions = Vec::new();
    for (task, value) in tasks.into_iter().zip(1_i64..) {
        let version = task.await.unwrap().version;
        let number: u64 = version.split(':').nth(1).unwrap().parse().unwrap();
        versions.push((number, value));
    }
    versions.sort_unstable();
    let replaced = versions.iter().position(|(_, value)| *value == 4).unwrap();
    let mut expected: Vec<i64> = versions[replaced..].iter().map(|(_, value)| *value).collect();
    let mut found = numbers(&store, &ReadRequest::new("trips")).await;
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "{versions:?}");
}

/// Readers at all times see whole versions.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_versions_meanwhile() {
    let (_folder, store) = store();
    put(&store, "trips", &rows(&[0, 0, 0]), create_append()).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for value in 1..15 {
                put(&store, "trips", &rows(&[value, value, value]), append()).await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let found = numbers(&store, &ReadRequest::new("trips")).await;
        assert_eq!(found.len() % 3, 0, "{found:?}");
        let expected: Vec<i64> = (0..found.len() as i64).map(|at| at / 3).collect();
        assert_eq!(found, expected);
    }
    writer.await.unwrap();
}

/// Additions share the commit lock; who wants it alone has his turn all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upload_of_a_file_is_not_held_up_by_appends() {
    let (_folder, store) = store();
    put(&store, "trips", &rows(&[0]), create_append()).await.unwrap();
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let (store, done) = (store.clone(), done.clone());
        writers.push(tokio::spawn(async move {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                put(&store, "trips", &rows(&[1]), append()).await.unwrap();
            }
        }));
    }
    for value in 0..5 {
        put(&store, "file", &rows(&[value]), StageOptions::default()).await.unwrap();
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(numbers(&store, &ReadRequest::new("file")).await, [4]);
}
