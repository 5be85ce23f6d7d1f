//! What is written: appended, created, replaced and dropped.

use arrow_array::{Int32Array, LargeStringArray, UInt64Array};
use arrow_schema::{SchemaRef, TimeUnit};

use super::*;
use crate::{Commit, DatasetKind, DropOptions, StageOptions, StagedObject, WriteMode};

pub(super) fn append() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Append)
}

pub(super) fn create_append() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::CreateAppend)
}

pub(super) async fn staged(
    store: &Store,
    name: &str,
    batches: &[RecordBatch],
    options: StageOptions,
) -> Result<StagedObject, StoreError> {
    let mut staged = store.stage(name, batches[0].schema(), options).await?;
    for batch in batches {
        staged.write(batch.clone()).await?;
    }
    staged.finish().await
}

pub(super) async fn put(
    store: &Store,
    name: &str,
    batch: &RecordBatch,
    options: StageOptions,
) -> Result<Commit, StoreError> {
    let object = staged(store, name, std::slice::from_ref(batch), options).await?;
    store.commit(vec![object], None).await
}

/// Names of all files below a folder, but for the store's own.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.retain(|name| !name.starts_with(".wingbeat/"));
    found.sort();
    found
}

async fn schema_of(store: &Store, name: &str) -> SchemaRef {
    store.plan(&ReadRequest::new(name)).unwrap().schema().clone()
}

#[tokio::test]
async fn create_append_makes_a_table_and_then_adds_to_it() {
    let (folder, store) = store();
    let missing = put(&store, "a/trips", &rows(&[1]), append()).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound { .. }), "{missing}");
    assert!(missing.to_string().contains("create_append"), "{missing}");
    assert_eq!(files(folder.path()), [""; 0]);

    let first = put(&store, "a/trips", &rows(&[1, 2]), create_append()).await.unwrap();
    assert_eq!((first.rows, first.format), (2, Format::Parquet));
    assert!(first.version.starts_with("delta:0:"), "{}", first.version);
    let second = put(&store, "a/trips", &rows(&[3]), create_append()).await.unwrap();
    assert!(second.version.starts_with("delta:1:"), "{}", second.version);
    let third = put(&store, "a/trips", &rows(&[4]), append()).await.unwrap();
    assert!(third.bytes > 0 && third.rows == 1, "{third:?}");

    let dataset = store.find("a/trips").unwrap();
    assert_eq!((dataset.kind(), dataset.rows()), (DatasetKind::Delta, Some(4)));
    assert_eq!(dataset.version(), third.version);
    assert_eq!(numbers(&store, &ReadRequest::new("a/trips")).await, [1, 2, 3, 4]);
    let old = json!({"dataset": "a/trips", "version": 0});
    assert_eq!(numbers(&store, &serde_json::from_value(old).unwrap()).await, [1, 2]);
    assert_eq!(files(folder.path()).len(), 6, "three files and three entries of the log");
}

#[tokio::test]
async fn columns_are_matched_by_name_and_exact_type() {
    let (folder, store) = store();
    put(&store, "trips", &rows(&[1]), create_append()).await.unwrap();
    let swapped = rows(&[2]).project(&[1, 0]).unwrap();
    put(&store, "trips", &swapped, append()).await.unwrap();
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1, 2]);

    let before = files(folder.path());
    let n: ArrayRef = Arc::new(Int32Array::from(vec![3]));
    let s: ArrayRef = Arc::new(StringArray::from(vec!["3"]));
    for (columns, said) in [
        (vec![("n", n.clone()), ("s", s.clone())], "\"n\" is Int64 in the table and Int32 in the"),
        (vec![("n", rows(&[3]).column(0).clone())], "column \"s\" (Utf8) is missing"),
        (vec![("m", n), ("s", s)], "the table has no column \"m\", only [\"n\", \"s\"]"),
    ] {
        let upload = batch(columns);
        let error = store.stage("trips", upload.schema(), append()).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidRequest { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn what_is_no_table_is_not_added_to() {
    let (folder, store) = store();
    put(&store, "file", &rows(&[1]), StageOptions::default()).await.unwrap();
    write(&folder.path().join("plain"), "a.parquet", &rows(&[1]));
    write(&folder.path().join("plain"), "b.parquet", &rows(&[2]));
    for (name, what) in [("file", "a single file"), ("plain", "a plain folder")] {
        for options in [append(), create_append()] {
            let error = put(&store, name, &rows(&[2]), options).await.unwrap_err();
            assert!(matches!(error, StoreError::Unsupported { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains(what) && text.contains("create_append under"), "{text}");
        }
    }
    assert_eq!(numbers(&store, &ReadRequest::new("plain")).await, [1, 2]);
    put(&store, "table", &rows(&[1]), create_append()).await.unwrap();
    for options in [create_append(), StageOptions::default()] {
        let error = put(&store, "table/x", &rows(&[1]), options).await.unwrap_err();
        assert!(error.to_string().contains("is a Delta table and holds nothing"), "{error}");
    }
    let error = put(&store, "t.parquet", &rows(&[1]), create_append()).await.unwrap_err();
    assert!(error.to_string().contains("does not end in .parquet"), "{error}");
}

#[tokio::test]
async fn what_delta_lacks_is_refused_with_column_and_type_and_the_rest_comes_back_as_it_was() {
    let (_folder, store) = store();
    for (data_type, said) in [
        (DataType::Duration(TimeUnit::Second), "column \"x\": Duration(s)"),
        (DataType::Timestamp(TimeUnit::Nanosecond, None), "finer than microseconds"),
        (DataType::Decimal256(50, 2), "column \"x\": Decimal256(50, 2)"),
        (DataType::new_list(DataType::Null, true), "Null (in \"item\")"),
    ] {
        let schema = Arc::new(Schema::new(vec![Field::new("x", data_type, true)]));
        let error = store.stage("odd", schema, create_append()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let twice = Schema::new(vec![
        Field::new("a", DataType::Int8, true),
        Field::new("A", DataType::Int8, true),
    ]);
    let error = store.stage("odd", Arc::new(twice), create_append()).await.unwrap_err();
    assert!(error.to_string().contains("two columns named \"A\""), "{error}");

    let dictionary = arrow_cast::cast(
        &StringArray::from(vec![Some("a"), None, Some("a")]),
        &DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)),
    );
    let times = arrow_array::TimestampMillisecondArray::from(vec![1, -1, 0]);
    let upload = batch(vec![
        ("u", Arc::new(UInt64Array::from(vec![u64::MAX, 0, 1]))),
        ("l", Arc::new(LargeStringArray::from(vec!["x", "", "z"]))),
        ("d", dictionary.unwrap()),
        ("t", Arc::new(times.with_timezone("Europe/Berlin"))),
        (
            "f",
            Arc::new(
                arrow_array::FixedSizeBinaryArray::try_from_iter(
                    [[1_u8, 2], [3, 4], [5, 6]].into_iter(),
                )
                .unwrap(),
            ),
        ),
    ]);
    let first = upload.schema().fields()[0].as_ref().clone();
    let first = first.with_metadata([("unit".to_owned(), "km".to_owned())].into());
    let mut fields = upload.schema().fields().to_vec();
    fields[0] = Arc::new(first);
    let schema = Schema::new(fields).with_metadata([("by".to_owned(), "me".to_owned())].into());
    let upload = RecordBatch::try_new(Arc::new(schema), upload.columns().to_vec()).unwrap();
    put(&store, "typed", &upload, create_append()).await.unwrap();
    put(&store, "typed", &upload, append()).await.unwrap();
    assert_eq!(schema_of(&store, "typed").await, upload.schema());
    let batches = read(&store, &ReadRequest::new("typed")).await.unwrap();
    assert_eq!(batches, [upload.clone(), upload]);
}

#[tokio::test]
async fn the_same_upload_id_adds_once() {
    let (folder, store) = store();
    let first = create_append().with_upload_id("one");
    let made = put(&store, "trips", &rows(&[1]), first.clone()).await.unwrap();
    assert_eq!(made.upload_id.as_deref(), Some("one"));
    let added = put(&store, "trips", &rows(&[2]), append().with_upload_id("two")).await.unwrap();
    put(&store, "trips", &rows(&[3]), append()).await.unwrap();
    let staged = store.stage("trips", rows(&[9]).schema(), first.clone()).await.unwrap();
    assert_eq!(staged.done(), Some(&made));
    let reopened = Store::open(folder.path(), StoreOptions::default()).unwrap();
    assert_eq!(put(&reopened, "trips", &rows(&[9]), first).await.unwrap(), made);
    let again = put(&reopened, "trips", &rows(&[9]), append().with_upload_id("two")).await;
    assert_eq!(again.unwrap(), added);
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1, 2, 3]);
}

#[tokio::test]
async fn two_uploads_of_one_id_at_once_add_once() {
    let (_folder, store) = store();
    put(&store, "trips", &rows(&[1]), create_append()).await.unwrap();
    let mut objects = Vec::new();
    for value in [2, 3] {
        let options = append().with_upload_id("one");
        objects.push(staged(&store, "trips", &[rows(&[value])], options).await.unwrap());
    }
    let mut commits = Vec::new();
    for object in objects {
        commits.push(store.commit(vec![object], None).await.unwrap());
    }
    assert_eq!(commits[0], commits[1]);
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1, 2]);
}

#[tokio::test]
async fn several_objects_are_one_version() {
    let (folder, store) = store();
    for (mode, expected) in [
        (WriteMode::Create, vec![0, 1, 2]),
        (WriteMode::Append, vec![0, 1, 2, 0, 1, 2]),
        (WriteMode::Replace, vec![0, 1, 2]),
    ] {
        let options = StageOptions::default()
            .with_mode(mode)
            .with_table()
            .with_upload_id(format!("{mode:?}"));
        let mut objects = Vec::new();
        for value in 0..3 {
            objects
                .push(staged(&store, "trips", &[rows(&[value])], options.clone()).await.unwrap());
        }
        let commit = store.commit(objects, None).await.unwrap();
        assert_eq!(commit.rows, 3);
        let staged = store.stage("trips", rows(&[0]).schema(), options).await.unwrap();
        assert_eq!(staged.done(), Some(&commit), "each knows that all are done");
        assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, expected, "{mode:?}");
    }
    assert_eq!(store.find("trips").unwrap().version().split(':').nth(1), Some("2"));
    let mixed = vec![
        staged(&store, "trips", &[rows(&[1])], append()).await.unwrap(),
        staged(&store, "other", &[rows(&[1])], create_append()).await.unwrap(),
    ];
    let error = store.commit(mixed, None).await.unwrap_err();
    assert!(error.to_string().contains("committed together"), "{error}");
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [0, 1, 2]);
    assert!(!folder.path().join("other").exists());
}

#[tokio::test]
async fn replacing_a_table_is_a_commit_and_needs_to_be_named() {
    let (_folder, store) = store();
    put(&store, "trips", &rows(&[1]), create_append()).await.unwrap();
    let protected = put(&store, "trips", &rows(&[2]), StageOptions::default()).await.unwrap_err();
    assert!(protected.to_string().contains("is a Delta table"), "{protected}");
    let exists = StageOptions::default().with_mode(WriteMode::Create);
    let exists = put(&store, "trips", &rows(&[2]), exists).await.unwrap_err();
    assert!(matches!(exists, StoreError::AlreadyExists { .. }), "{exists}");

    let replace = StageOptions::default().with_mode(WriteMode::Replace);
    let other = batch(vec![("n", Arc::new(Int64Array::from(vec![7])) as ArrayRef)]);
    let commit = put(&store, "trips", &other, replace.clone()).await.unwrap();
    assert!(commit.version.starts_with("delta:1:"), "{}", commit.version);
    assert_eq!(schema_of(&store, "trips").await, other.schema());
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [7]);
    let old = serde_json::from_value(json!({"dataset": "trips", "version": 0})).unwrap();
    assert_eq!(numbers(&store, &old).await, [1]);
    let arrow = replace.with_format(Format::Arrow);
    let error = put(&store, "trips", &other, arrow).await.unwrap_err();
    assert!(error.to_string().contains("parquet"), "{error}");
}

#[tokio::test]
async fn a_table_takes_the_place_of_a_file_or_a_folder() {
    let (folder, store) = store();
    let replace = StageOptions::default().with_mode(WriteMode::Replace).with_table();
    put(&store, "own", &rows(&[1]), StageOptions::default()).await.unwrap();
    put(&store, "own", &rows(&[2]), replace.clone()).await.unwrap();
    assert!(!folder.path().join("own.parquet").exists());
    write(&folder.path().join("plain"), "a.parquet", &rows(&[1]));
    write(&folder.path().join("plain"), "b.parquet", &rows(&[1]));
    put(&store, "plain", &rows(&[2]), replace).await.unwrap();
    assert!(!folder.path().join("plain/a.parquet").exists());
    for name in ["own", "plain"] {
        assert_eq!(store.find(name).unwrap().kind(), DatasetKind::Delta);
        assert_eq!(numbers(&store, &ReadRequest::new(name)).await, [2]);
    }
}

#[tokio::test]
async fn a_table_is_dropped_whole_and_only_where_that_is_named() {
    let (folder, store) = store();
    let commit = put(&store, "trips", &rows(&[1]), create_append()).await.unwrap();
    let protected = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(matches!(protected, StoreError::Protected { .. }), "{protected}");
    let force = DropOptions::default().with_explicit(true);
    let changed = store.drop("trips", force.clone().with_version("delta:7:x")).await.unwrap_err();
    assert!(matches!(changed, StoreError::Changed { .. }), "{changed}");
    store.drop("trips", force.with_version(commit.version)).await.unwrap();
    assert_eq!(files(folder.path()), [""; 0]);
    assert!(matches!(store.find("trips"), Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn an_expected_version_is_checked() {
    let (_folder, store) = store();
    let first = put(&store, "trips", &rows(&[1]), create_append()).await.unwrap();
    let object = staged(&store, "trips", &[rows(&[2])], append()).await.unwrap();
    store.commit(vec![object], Some(&first.version)).await.unwrap();
    let object = staged(&store, "trips", &[rows(&[3])], append()).await.unwrap();
    let error = store.commit(vec![object], Some(&first.version)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1, 2]);
}

#[tokio::test]
async fn a_partitioned_table_gets_a_file_for_each_value() {
    let (folder, store) = store();
    let table = folder.path().join("trips");
    let columns = [column("zone", "string"), column("n", "long"), column("at", "timestamp")];
    commit(&table, 0, &made(&columns, &["zone", "at"]));
    let upload = |values: &[(Option<&str>, i64)]| {
        let zones: Vec<Option<&str>> = values.iter().map(|(zone, _)| *zone).collect();
        let numbers: Vec<i64> = values.iter().map(|(_, number)| *number).collect();
        let times = vec![1_500_000; values.len()];
        let times = arrow_array::TimestampMicrosecondArray::from(times).with_timezone("UTC");
        batch(vec![
            ("at", Arc::new(times)),
            ("n", Arc::new(Int64Array::from(numbers))),
            ("zone", Arc::new(StringArray::from(zones))),
        ])
    };
    let values = [(Some("a b/ä"), 1), (None, 2), (Some("a b/ä"), 3), (Some("50%"), 4)];
    put(&store, "trips", &upload(&values), append()).await.unwrap();
    let request = where_("trips", json!([["zone", "==", "a b/ä"]]));
    assert_eq!(store.plan(&request).unwrap().rows(), Some(2));
    assert_eq!(numbers(&store, &request).await, [1, 3]);
    assert_eq!(numbers(&store, &where_("trips", json!([["zone", "is null"]]))).await, [2]);
    let timed = json!([["zone", "==", "50%"], ["at", "==", "1970-01-01T00:00:01.5Z"]]);
    assert_eq!(numbers(&store, &where_("trips", timed)).await, [4]);
    assert!(files(&table).iter().any(|name| name.starts_with("zone=a%20b%2F%C3%A4/at=")));
    let empty = put(&store, "trips", &upload(&[(Some(""), 5)]), append()).await.unwrap_err();
    assert!(empty.to_string().contains("empty text"), "{empty}");
    // More partitions than are open at once.
    let texts: Vec<String> = (0..100).map(|at| format!("p{}", at % 50)).collect();
    let many: Vec<(Option<&str>, i64)> =
        texts.iter().zip(100..).map(|(text, number)| (Some(text.as_str()), number)).collect();
    put(&store, "trips", &upload(&many), append()).await.unwrap();
    let request = where_("trips", json!([["zone", "==", "p7"]]));
    assert_eq!(numbers(&store, &request).await, [107, 157]);
    assert_eq!(store.find("trips").unwrap().rows(), Some(104));
}

#[tokio::test]
async fn statistics_of_what_was_written_rule_files_out() {
    let (folder, store) = store();
    put(&store, "trips", &rows(&[1, 2]), create_append()).await.unwrap();
    put(&store, "trips", &rows(&[30]), append()).await.unwrap();
    let plan = |filter: Value| store.plan(&where_("trips", filter)).unwrap();
    let opened = |filter: Value| {
        let plan = plan(filter).plan().clone();
        let folder = folder.path().to_owned();
        (plan, folder)
    };
    let (plan, _) = opened(json!([["n", ">", 5]]));
    let first = files(&folder.path().join("trips"));
    // The file of the first upload is the one with the earlier time in the log.
    let dataset = store.find("trips").unwrap();
    assert_eq!(dataset.file_count(), 2);
    for name in first.iter().filter(|name| name.ends_with(".parquet")) {
        let path = folder.path().join("trips").join(name);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let read = store.read(&plan);
        let outcome = match read {
            Ok(stream) => stream.try_collect::<Vec<_>>().await,
            Err(error) => Err(error),
        };
        fs::write(&path, bytes).unwrap();
        if let Ok(batches) = outcome {
            assert_eq!(numbers_of(&batches), [30]);
            return;
        }
    }
    panic!("no file was passed over");
}

#[tokio::test]
async fn tables_that_ask_more_of_writers_are_left_alone() {
    let (folder, store) = store();
    let plain = [column("n", "long"), column("s", "string")];
    let mut demanding = plain.clone();
    demanding[0]["metadata"] =
        json!({"delta.invariants": "{\"expression\":{\"expression\":\"n > 0\"}}"});
    let old = json!({"minReaderVersion": 1, "minWriterVersion": 2});
    let seven = |features: &[&str]| {
        let features = json!(features);
        json!({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features})
    };
    let cases = [
        ("old", &plain, json!({"minReaderVersion": 1, "minWriterVersion": 8}), "writer version 8"),
        ("invariant", &demanding, old, "delta.invariants"),
        ("rows", &plain, seven(&["rowTracking", "domainMetadata"]), "rowTracking"),
    ];
    for (name, columns, protocol, said) in cases {
        let table = folder.path().join(name);
        commit(&table, 0, &made_with(columns, &[], protocol, json!({})));
        let error = put(&store, name, &rows(&[1]), append()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(files(&table).len(), 1, "nothing is written");
    }
    let table = folder.path().join("spark");
    let usual = seven(&["appendOnly", "invariants", "changeDataFeed", "checkConstraints"]);
    let own = json!({"delta.appendOnly": "true"});
    commit(&table, 0, &made_with(&plain, &[], usual, own));
    put(&store, "spark", &rows(&[1]), append()).await.unwrap();
    assert_eq!(numbers(&store, &ReadRequest::new("spark")).await, [1]);
    let replace = StageOptions::default().with_mode(WriteMode::Replace);
    let error = put(&store, "spark", &rows(&[1]), replace).await.unwrap_err();
    assert!(error.to_string().contains("takes additions alone"), "{error}");
}
