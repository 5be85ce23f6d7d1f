//! Uploads that are sent again, and uploads that are cut short.

use super::*;

fn with_id(id: &str) -> StageOptions {
    StageOptions::default().with_upload_id(id)
}

#[tokio::test]
async fn the_same_upload_id_returns_the_same_result_and_writes_nothing() {
    for format in [Format::Parquet, Format::Arrow] {
        let (folder, store) = store();
        let first = put(&store, "trips", 1, with_id("one").with_format(format)).await.unwrap();
        assert_eq!(first.upload_id.as_deref(), Some("one"));
        let staged = store.stage("trips", schema(), with_id("one")).await.unwrap();
        assert_eq!(staged.done(), Some(&first));
        let again = put(&store, "trips", 2, with_id("one")).await.unwrap();
        assert_eq!(again, first);
        let created = create().with_upload_id("one");
        assert_eq!(put(&store, "trips", 2, created).await.unwrap(), first);
        drop(store);
        let reopened = open(folder.path());
        assert_eq!(put(&reopened, "trips", 3, with_id("one")).await.unwrap(), first);
        assert_eq!(value(&folder.path().join(format!("trips.{format}"))), 1);
    }
}

#[tokio::test]
async fn a_late_repetition_does_not_undo_what_came_after() {
    let (folder, store) = store();
    let first = put(&store, "trips", 1, with_id("one")).await.unwrap();
    put(&store, "trips", 2, with_id("two").with_format(Format::Arrow)).await.unwrap();
    put(&store, "trips", 3, StageOptions::default()).await.unwrap();
    assert_eq!(put(&store, "trips", 4, with_id("one")).await.unwrap(), first);
    assert_eq!(value(&folder.path().join("trips.parquet")), 3);
    put(&store, "trips", 5, with_id("three")).await.unwrap();
    assert_eq!(value(&folder.path().join("trips.parquet")), 5);
}

#[tokio::test]
async fn two_uploads_of_one_id_at_once_write_once() {
    let (folder, store) = store();
    let mut objects = Vec::new();
    for n in [1, 2] {
        let mut staged = store.stage("trips", schema(), with_id("one")).await.unwrap();
        staged.write(batch(n, 4)).await.unwrap();
        objects.push(staged.finish().await.unwrap());
    }
    let mut commits = Vec::new();
    for object in objects {
        commits.push(store.commit(vec![object], None).await.unwrap());
    }
    assert_eq!(commits[0], commits[1]);
    assert_eq!(value(&folder.path().join("trips.parquet")), 1);
}

#[tokio::test]
async fn upload_ids_have_a_length() {
    let (_folder, store) = store();
    for id in [String::new(), "x".repeat(257)] {
        let error = put(&store, "trips", 1, with_id(&id)).await.unwrap_err();
        assert!(error.to_string().starts_with("expected an upload id of"), "{error}");
    }
}

#[tokio::test]
async fn another_number_of_rows_is_refused_before_the_commit() {
    let (folder, store) = store();
    put(&store, "trips", 1, StageOptions::default().with_expected_rows(4)).await.unwrap();
    let short = StageOptions::default().with_expected_rows(5);
    let error = put(&store, "trips", 2, short).await.unwrap_err();
    assert_eq!(error.to_string(), "upload of \"trips\" is incomplete: expected 5 rows, found 4");
    assert_eq!(value(&folder.path().join("trips.parquet")), 1);
}

#[tokio::test]
async fn an_aborted_upload_is_gone_at_once() {
    let (folder, store) = store();
    let mut staged = store.stage("trips", schema(), StageOptions::default()).await.unwrap();
    staged.write(batch(1, 1000)).await.unwrap();
    assert_eq!(staged_files(folder.path()).len(), 1);
    staged.abort().await;
    assert_eq!(staged_files(folder.path()), [""; 0].map(PathBuf::from));
}

#[test]
fn a_vanished_writer_leaves_nothing() {
    let (folder, store) = store();
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let staged = runtime.block_on(async {
        let mut staged = store.stage("trips", schema(), StageOptions::default()).await.unwrap();
        for _ in 0..3 {
            staged.write(batch(1, 1000)).await.unwrap();
        }
        staged
    });
    assert_eq!(staged_files(folder.path()).len(), 1);
    let finished = runtime.block_on(async {
        let staged = store.stage("rides", schema(), StageOptions::default()).await.unwrap();
        staged.finish().await.unwrap()
    });
    assert_eq!(staged_files(folder.path()).len(), 2);
    // In the runtime the files are removed by its blocking threads, which it waits for at its end.
    runtime.block_on(async {
        drop(finished);
        drop(staged);
        drained().await;
    });
    assert_eq!(staged_files(folder.path()), [""; 0].map(PathBuf::from));
    assert_eq!(visible(folder.path()), [""; 0]);
}

/// Waits until the file of a dropped upload is gone: it is removed on another thread.
async fn drained() {
    for _ in 0..2 {
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }
}
