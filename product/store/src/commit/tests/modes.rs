//! Modes: what is replaced, created and dropped, and what is protected.

use super::*;

#[tokio::test]
async fn an_upload_is_created_and_replaced_without_a_mode() {
    let (folder, store) = store();
    let first = put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    assert_eq!((first.rows, first.format), (4, Format::Parquet));
    let path = folder.path().join("trips.parquet");
    assert_eq!(value(&path), 1);
    assert_eq!(first.bytes, path.metadata().unwrap().len());
    assert_eq!(first.version, crate::version::file_version(&path.metadata().unwrap()));
    assert!(has_mark(&path));

    let second = put(&store, "trips", 2, StageOptions::default()).await.unwrap();
    assert_eq!(value(&path), 2);
    assert_ne!(first.version, second.version);
    assert_eq!(visible(folder.path()), ["trips.parquet"]);
    assert_eq!(staged_files(folder.path()), [""; 0].map(PathBuf::from));
}

#[tokio::test]
async fn the_result_is_json() {
    let (_folder, store) = store();
    let commit = put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&commit.to_json()).unwrap();
    let expected = serde_json::json!({
        "rows": 4, "bytes": commit.bytes, "version": commit.version, "format": "parquet",
        "upload_id": null,
    });
    assert_eq!(json, expected);
}

#[tokio::test]
async fn create_refuses_what_stands_there_whatever_its_ending() {
    let (folder, store) = store();
    put(&store, "trips", 1, create()).await.unwrap();
    let error = put(&store, "trips", 2, create()).await.unwrap_err();
    assert_eq!(error.to_string(), "dataset \"trips\" exists already");
    let error = put(&store, "trips", 2, create().with_format(Format::Arrow)).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    fs::write(folder.path().join("rides.csv"), "n\n1\n").unwrap();
    let error = put(&store, "rides", 2, create()).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    assert_eq!(visible(folder.path()), ["rides.csv", "trips.parquet"]);
}

#[tokio::test]
async fn a_foreign_file_is_replaced_and_dropped_only_by_name_of_the_mode() {
    let (folder, store) = store();
    fs::write(folder.path().join("trips.csv"), "n\n1\n").unwrap();
    let error = put(&store, "trips", 2, StageOptions::default()).await.unwrap_err();
    let expected = "dataset \"trips\" is a file that the server did not write: it is replaced \
                    only where that mode is named";
    assert_eq!(error.to_string(), expected);
    let error = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("dropped only where"), "{error}");
    assert_eq!(fs::read(folder.path().join("trips.csv")).unwrap(), b"n\n1\n");

    put(&store, "trips", 2, replace()).await.unwrap();
    assert_eq!(visible(folder.path()), ["trips.parquet"]);
    assert_eq!(value(&folder.path().join("trips.parquet")), 2);
    assert!(!folder.path().join(".wingbeat/intent").exists());
}

#[tokio::test]
async fn a_parquet_file_of_another_writer_is_foreign() {
    let (folder, store) = store();
    let path = folder.path().join("trips.parquet");
    let file = Box::new(fs::File::create(&path).unwrap());
    let options = crate::WriteOptions::default();
    let mut writer = crate::FileWriter::new(file, Format::Parquet, schema(), &options).unwrap();
    writer.write(&batch(1, 4)).unwrap();
    writer.finish().unwrap();
    assert!(!has_mark(&path));
    let error = put(&store, "trips", 2, StageOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Protected { .. }), "{error}");
    assert_eq!(value(&path), 1);
    put(&store, "trips", 2, replace()).await.unwrap();
    assert_eq!(value(&path), 2);
}

#[tokio::test]
async fn a_folder_is_replaced_and_dropped_only_as_a_whole_and_by_name_of_the_mode() {
    let (folder, store) = store();
    for (name, stranger) in
        [("trips", "notes.txt"), ("rides.parquet", "odd.ndjson"), ("walks/day=1", "notes.txt")]
    {
        let inner = folder.path().join(name);
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("a.csv"), "n\n1\n").unwrap();
        fs::write(inner.join("b.csv"), "n\n1\n").unwrap();
        fs::write(inner.join("_SUCCESS"), "").unwrap();
        fs::write(inner.join(stranger), "{\"n\":1}\n").unwrap();
    }
    for (name, stranger) in [
        ("trips", "trips/notes.txt"),
        ("rides", "rides.parquet/odd.ndjson"),
        ("walks", "walks/day=1/notes.txt"),
    ] {
        let error = put(&store, name, 2, StageOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("is a folder"), "{error}");
        let error = store.drop(name, DropOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("is a folder"), "{error}");
        let error = put(&store, name, 2, replace()).await.unwrap_err();
        let (_, inner) = stranger.split_once('/').unwrap();
        let expected = format!("holds {inner}, which is no part");
        assert!(error.to_string().contains(&expected), "{error}");
        fs::remove_file(folder.path().join(stranger)).unwrap();
        put(&store, name, 2, replace()).await.unwrap();
        assert_eq!(value(&folder.path().join(format!("{name}.parquet"))), 2);
    }
    assert_eq!(visible(folder.path()), ["rides.parquet", "trips.parquet", "walks.parquet"]);
    assert!(!folder.path().join("trips").exists());
    assert_eq!(staged_files(folder.path()), [""; 0].map(PathBuf::from));
}

#[tokio::test]
async fn a_folder_of_other_datasets_stays_beside() {
    let (folder, store) = store();
    fs::create_dir_all(folder.path().join("trips/inner")).unwrap();
    fs::write(folder.path().join("trips/a.csv"), "n\n1\n").unwrap();
    fs::write(folder.path().join("trips/inner/b.csv"), "n\n1\n").unwrap();
    put(&store, "trips", 2, StageOptions::default()).await.unwrap();
    put(&store, "trips", 3, replace()).await.unwrap();
    store.drop("trips", DropOptions::default()).await.unwrap();
    let explicit = DropOptions::default().with_explicit(true);
    let error = store.drop("trips", explicit).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    assert_eq!(visible(folder.path()), ["trips/a.csv", "trips/inner/b.csv"]);
}

#[tokio::test]
async fn a_folder_is_dropped_when_the_mode_is_named() {
    let (folder, store) = store();
    fs::create_dir(folder.path().join("trips")).unwrap();
    fs::write(folder.path().join("trips/a.csv"), "n\n1\n").unwrap();
    let explicit = DropOptions::default().with_explicit(true);
    let dropped = store.drop("trips", explicit).await.unwrap();
    assert_eq!(dropped.path, "trips");
    assert_eq!(visible(folder.path()), [""; 0]);
    assert!(!folder.path().join("trips").exists());
}

#[tokio::test]
async fn another_format_replaces_the_file_and_leaves_one() {
    let (folder, store) = store();
    put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    let arrow = StageOptions::default().with_format(Format::Arrow);
    let commit = put(&store, "trips", 2, arrow).await.unwrap();
    assert_eq!(commit.format, Format::Arrow);
    assert_eq!(visible(folder.path()), ["trips.arrow"]);
    assert_eq!(value(&folder.path().join("trips.arrow")), 2);
    put(&store, "trips", 3, StageOptions::default()).await.unwrap();
    assert_eq!(visible(folder.path()), ["trips.parquet"]);
    assert_eq!(value(&folder.path().join("trips.parquet")), 3);
}

#[tokio::test]
async fn an_ambiguous_name_is_refused_and_a_full_name_is_not() {
    let (folder, store) = store();
    put(&store, "trips.parquet", 1, StageOptions::default()).await.unwrap();
    fs::write(folder.path().join("trips.csv"), "n\n1\n").unwrap();
    let error = put(&store, "trips", 2, replace()).await.unwrap_err();
    let StoreError::Ambiguous { candidates, .. } = &error else { panic!("{error}") };
    assert_eq!(candidates, &["trips.csv", "trips.parquet"]);
    let error = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Ambiguous { .. }), "{error}");
    put(&store, "trips.parquet", 2, StageOptions::default()).await.unwrap();
    assert_eq!(value(&folder.path().join("trips.parquet")), 2);
    store.drop("trips.parquet", DropOptions::default()).await.unwrap();
    assert_eq!(visible(folder.path()), ["trips.csv"]);
}

#[tokio::test]
async fn an_expected_version_is_checked() {
    let (folder, store) = store();
    let first = put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    let second = put(&store, "trips", 2, StageOptions::default()).await.unwrap();
    let staged = store.stage("trips", schema(), StageOptions::default()).await.unwrap();
    let object = staged.finish().await.unwrap();
    let error = store.commit(vec![object], Some(&first.version)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert_eq!(value(&folder.path().join("trips.parquet")), 2);
    let old = DropOptions::default().with_version(&*first.version);
    let error = store.drop("trips", old).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    let current = DropOptions::default().with_version(&*second.version);
    store.drop("trips", current).await.unwrap();
    let error = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn what_parquet_cannot_hold_lands_as_arrow_and_a_named_format_is_an_error() {
    let (folder, store) = store();
    let interval = DataType::Interval(arrow_schema::IntervalUnit::MonthDayNano);
    let odd = Arc::new(Schema::new(vec![Field::new("every", interval, true)]));
    let staged = store.stage("odd", odd.clone(), StageOptions::default()).await.unwrap();
    assert_eq!(staged.format(), Some(Format::Arrow));
    let object = staged.finish().await.unwrap();
    let commit = store.commit(vec![object], None).await.unwrap();
    assert_eq!((commit.format, commit.rows), (Format::Arrow, 0));
    assert_eq!(visible(folder.path()), ["odd.arrow"]);
    assert!(has_mark(&folder.path().join("odd.arrow")));

    for (name, options) in [
        ("odder", StageOptions::default().with_format(Format::Parquet)),
        ("odder.parquet", StageOptions::default()),
    ] {
        let error = store.stage(name, odd.clone(), options).await.unwrap_err();
        let expected = "parquet cannot hold column \"every\": Interval(MonthDayNano)";
        assert_eq!(error.to_string(), expected);
    }
    let csv = StageOptions::default().with_format(Format::Csv);
    let error = store.stage("text", schema(), csv).await.unwrap_err();
    assert!(error.to_string().starts_with("an upload lands as parquet or arrow"), "{error}");
    assert_eq!(visible(folder.path()), ["odd.arrow"]);
}

#[tokio::test]
async fn a_batch_of_another_schema_is_refused() {
    let (folder, store) = store();
    let mut staged = store.stage("trips", schema(), StageOptions::default()).await.unwrap();
    let other = Arc::new(Schema::new(vec![Field::new("m", DataType::Int64, false)]));
    staged.write(RecordBatch::new_empty(other)).await.unwrap();
    let error = staged.write(batch(1, 1)).await.unwrap_err();
    assert!(error.to_string().contains("expected a batch of"), "{error}");
    assert!(staged.write(batch(1, 1)).await.is_err());
    assert!(staged.finish().await.is_err());
    assert_eq!(visible(folder.path()), [""; 0]);
}
