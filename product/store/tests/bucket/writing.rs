//! What is written to a bucket stands there whole, and one writer at a time wins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use futures_util::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as Key;
use tokio::runtime::Runtime;
use wingbeat_store::{
    Commit, DropOptions, Format, ReadRequest, Selection, StageOptions, Store, StoreError,
    StoreOptions, WriteMode,
};

use super::proxy::Proxy;
use super::weed::{Weed, location};

/// Rows that no encoding makes small.
fn rows(seed: u64, count: usize) -> RecordBatch {
    let mut state = seed.wrapping_mul(2) | 1;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state ^ (state >> 29)) as i64
    };
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values((0..count).map(|_| next())));
    RecordBatch::try_from_iter([("value", values)]).unwrap()
}

async fn write(
    store: &Store,
    name: &str,
    batch: &RecordBatch,
    options: StageOptions,
    expected: Option<&str>,
) -> Result<Commit, StoreError> {
    let mut staged = store.stage(name, batch.schema(), options).await?;
    for at in (0..batch.num_rows()).step_by(100_000) {
        staged.write(batch.slice(at, 100_000.min(batch.num_rows() - at))).await?;
    }
    store.commit(vec![staged.finish().await?], expected).await
}

fn create() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Create)
}

fn replace() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Replace)
}

fn read(runtime: &Runtime, store: &Store, name: &str) -> RecordBatch {
    let _inside = runtime.enter();
    let stream = store.read(store.plan(&ReadRequest::new(name)).unwrap().plan()).unwrap();
    let schema = stream.schema().clone();
    let batches: Vec<RecordBatch> = runtime.block_on(stream.try_collect()).unwrap();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

fn names(store: &Store) -> Vec<String> {
    store.refresh().unwrap();
    let all = store.list(&Selection::parse("").unwrap()).unwrap();
    all.iter().map(|dataset| dataset.name().to_string()).collect()
}

/// All keys of the bucket, as another program sees them.
fn keys(runtime: &Runtime, weed: &Weed) -> Vec<String> {
    let client = weed.client();
    let listed = runtime.block_on(async move { client.list(None).try_collect::<Vec<_>>().await });
    let mut keys: Vec<String> =
        listed.unwrap().iter().map(|meta| meta.location.to_string()).collect();
    keys.sort();
    keys
}

#[test]
fn what_was_written_is_read_again_whatever_its_size() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("data");
    // In one piece, and in several parts.
    for (name, count) in [("small", 1000), ("deep/down/large", 3_000_000), ("odd ü +%&?", 10)] {
        let first = rows(1, count);
        let commit = runtime.block_on(write(&store, name, &first, create(), None)).unwrap();
        assert_eq!((commit.rows, commit.format), (count as u64, Format::Parquet));
        assert_eq!(store.find(name).unwrap().version(), commit.version, "{name}");
        assert_eq!(read(&runtime, &store, name), first, "{name}");
        let second = rows(2, count);
        let old = Some(commit.version.as_str());
        let after = runtime.block_on(write(&store, name, &second, replace(), old)).unwrap();
        assert_ne!(after.version, commit.version);
        assert_eq!(store.find(name).unwrap().version(), after.version, "{name}");
        assert_eq!(read(&runtime, &store, name), second, "{name}");
        let error = runtime.block_on(write(&store, name, &first, replace(), old)).unwrap_err();
        assert!(matches!(error, StoreError::Changed { .. }), "{error}");
        let error = runtime.block_on(write(&store, name, &first, create(), None)).unwrap_err();
        assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
        assert_eq!(read(&runtime, &weed.store("data"), name), second, "{name}");
    }
    assert_eq!(
        keys(&runtime, &weed),
        ["data/deep/down/large.parquet", "data/odd ü +%&?.parquet", "data/small.parquet"]
    );
}

#[test]
fn of_several_who_create_one_wins() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    for count in [1000, 1_500_000] {
        let name = format!("race{count}");
        let writers: Vec<_> = (0..4)
            .map(|seed| {
                // Each on a machine of its own.
                let (store, name) = (weed.store(""), name.clone());
                runtime.spawn(async move {
                    write(&store, &name, &rows(seed, count), create(), None).await
                })
            })
            .collect();
        let mut won = Vec::new();
        for (seed, writer) in writers.into_iter().enumerate() {
            match runtime.block_on(writer).unwrap() {
                Ok(commit) => won.push((seed as u64, commit)),
                Err(error) => assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}"),
            }
        }
        let [(seed, commit)] = &won[..] else { panic!("{} writers won", won.len()) };
        let store = weed.store("");
        assert_eq!(store.find(&name).unwrap().version(), commit.version);
        assert_eq!(read(&runtime, &store, &name), rows(*seed, count));
    }
}

#[test]
fn of_several_who_replace_a_version_one_wins_and_without_it_all_do() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("");
    let first = runtime.block_on(write(&store, "t", &rows(9, 10), create(), None)).unwrap();
    for expected in [Some(first.version.as_str()), None] {
        let writers: Vec<_> = (0..4)
            .map(|seed| {
                let (store, expected) = (weed.store(""), expected.map(str::to_owned));
                let options = replace().with_upload_id(format!("{seed}{expected:?}"));
                runtime.spawn(async move {
                    write(&store, "t", &rows(seed, 1000), options, expected.as_deref()).await
                })
            })
            .collect();
        let mut won = Vec::new();
        for writer in writers {
            match runtime.block_on(writer).unwrap() {
                Ok(commit) => won.push(commit),
                Err(error) => assert!(matches!(error, StoreError::Changed { .. }), "{error}"),
            }
        }
        assert_eq!(won.len(), if expected.is_some() { 1 } else { 4 });
        store.refresh().unwrap();
        let stands = store.find("t").unwrap().version().to_owned();
        assert!(won.iter().any(|commit| commit.version == stands));
    }
}

#[test]
fn a_repeated_upload_is_answered_as_the_first() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("");
    let options = || replace().with_upload_id("once");
    let first = runtime.block_on(write(&store, "t", &rows(1, 10), options(), None)).unwrap();
    let again = weed.store("");
    let same = runtime.block_on(write(&again, "t", &rows(7, 20), options(), None)).unwrap();
    assert_eq!(same, first);
    runtime.block_on(write(&store, "t", &rows(2, 30), replace(), None)).unwrap();
    let same = runtime.block_on(write(&again, "t", &rows(7, 20), options(), None)).unwrap();
    assert_eq!(same, first, "although it was replaced since");
    assert_eq!(read(&runtime, &weed.store(""), "t"), rows(2, 30));
}

#[test]
fn a_commit_whose_answer_is_lost_is_known_again() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let proxy = Proxy::start(weed.address());
    let settings = weed.settings().with("aws_endpoint_url", proxy.address());
    let store = Store::open(location(""), StoreOptions::default().with_bucket(settings)).unwrap();
    for count in [1000, 1_500_000] {
        for (name, options) in [("create", create()), ("replace", replace())] {
            let (name, batch) = (format!("{name}{count}"), rows(3, count));
            if options.mode == WriteMode::Replace {
                runtime.block_on(write(&store, &name, &rows(0, 5), create(), None)).unwrap();
            }
            proxy.lose(1);
            let commit = runtime.block_on(write(&store, &name, &batch, options, None)).unwrap();
            assert_eq!(proxy.left(), 0, "nothing was lost");
            let direct = weed.store("");
            assert_eq!(direct.find(&name).unwrap().version(), commit.version);
            assert_eq!(read(&runtime, &direct, &name), batch);
        }
    }
}

#[test]
fn a_store_that_restarts_is_waited_for_with_what_is_written() {
    let Some(mut weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("");
    let batch = rows(4, 3_000_000);
    let staged = runtime.block_on(async {
        let mut staged = store.stage("t", batch.schema(), create()).await.unwrap();
        staged.write(batch.clone()).await.unwrap();
        staged.finish().await.unwrap()
    });
    weed.kill();
    let committed = {
        let store = store.clone();
        runtime.spawn(async move { store.commit(vec![staged], None).await })
    };
    // Long enough that requests fail meanwhile.
    std::thread::sleep(Duration::from_millis(700));
    weed.restart();
    let commit = runtime.block_on(committed).unwrap().unwrap();
    assert_eq!(store.find("t").unwrap().version(), commit.version);
    assert_eq!(read(&runtime, &store, "t"), batch);
}

#[test]
fn a_store_that_stays_away_is_told_of_and_the_upload_can_be_repeated() {
    // Requests are made again for half a minute.
    if std::env::var_os("WINGBEAT_SLOW").is_none_or(|slow| slow != "1") {
        return;
    }
    let Some(mut weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("");
    let batch = rows(6, 1000);
    let options = || create().with_upload_id("once");
    let staged = runtime.block_on(async {
        let mut staged = store.stage("t", batch.schema(), options()).await.unwrap();
        staged.write(batch.clone()).await.unwrap();
        staged.finish().await.unwrap()
    });
    weed.kill();
    let begun = Instant::now();
    let error = runtime.block_on(store.commit(vec![staged], None)).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(25), "gave up after {waited:?}");
    weed.restart();
    runtime.block_on(write(&store, "t", &batch, options(), None)).unwrap();
    assert_eq!(read(&runtime, &store, "t"), batch);
}

#[test]
fn what_others_put_there_goes_only_where_the_mode_is_named() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    for key in ["t.csv", "t2.csv", "t-1.csv", "t/u.csv", "many/1.csv", "many/2.csv"] {
        weed.put(key, b"value\n1\n".to_vec());
    }
    let store = weed.store("");
    let batch = rows(5, 10);
    let unnamed = StageOptions::default();
    let error = runtime.block_on(write(&store, "many", &batch, unnamed.clone(), None)).unwrap_err();
    assert!(matches!(error, StoreError::Protected { .. }), "{error}");
    let error = runtime.block_on(write(&store, "many", &batch, replace(), None)).unwrap_err();
    assert!(matches!(error, StoreError::Unsupported { .. }), "{error}");
    let drop = |name, options| runtime.block_on(store.drop(name, options));
    let error = drop("many", DropOptions::default().with_explicit(true)).unwrap_err();
    assert!(matches!(error, StoreError::Unsupported { .. }), "{error}");
    let error = runtime.block_on(write(&store, "t2", &batch, unnamed, None)).unwrap_err();
    assert!(matches!(error, StoreError::Protected { .. }), "{error}");
    let error = drop("t2", DropOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Protected { .. }), "{error}");
    // The new object has another name than the one that it replaces.
    runtime.block_on(write(&store, "t2", &batch, replace(), None)).unwrap();
    assert_eq!(read(&runtime, &store, "t2"), batch);
    let all = ["many/1.csv", "many/2.csv", "t-1.csv", "t.csv", "t/u.csv", "t2.parquet"];
    assert_eq!(keys(&runtime, &weed), all);
}

#[test]
fn a_dropped_object_is_gone() {
    let Some(weed) = Weed::start() else { return };
    let runtime = Runtime::new().unwrap();
    let store = weed.store("data");
    for name in ["t", "t2"] {
        runtime.block_on(write(&store, name, &rows(1, 10), create(), None)).unwrap();
    }
    let drop = |name, options| runtime.block_on(store.drop(name, options));
    let error = drop("t", DropOptions::default().with_version("another")).unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    let version = store.find("t").unwrap().version().to_owned();
    let dropped = drop("t", DropOptions::default().with_version(version)).unwrap();
    assert_eq!(dropped.path, "t.parquet");
    assert_eq!(names(&store), ["t2"]);
    let error = drop("t", DropOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    let gone = weed.client();
    let gone = runtime.block_on(async move { gone.head(&Key::from("data/t.parquet")).await });
    assert!(matches!(gone, Err(object_store::Error::NotFound { .. })));
    let read_only = weed.read_only("data");
    let error = runtime.block_on(read_only.drop("t2", DropOptions::default())).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}
