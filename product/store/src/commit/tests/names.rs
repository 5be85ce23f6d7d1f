//! Names: what becomes of nested ones, and which ones are refused.

use super::*;

#[tokio::test]
async fn nested_names_make_folders() {
    let (folder, store) = store();
    put(&store, "a/b/c", 1, StageOptions::default()).await.unwrap();
    put(&store, "a/b", 2, StageOptions::default()).await.unwrap();
    put(&store, "a", 3, StageOptions::default()).await.unwrap();
    put(&store, "a/b/d", 4, StageOptions::default()).await.unwrap();
    let expected = ["a.parquet", "a/b.parquet", "a/b/c.parquet", "a/b/d.parquet"];
    assert_eq!(visible(folder.path()), expected);
    assert_eq!(value(&folder.path().join("a/b.parquet")), 2);
    assert_eq!(value(&folder.path().join("a.parquet")), 3);
    store.drop("a/b", DropOptions::default()).await.unwrap();
    assert_eq!(visible(folder.path()), ["a.parquet", "a/b/c.parquet", "a/b/d.parquet"]);
}

#[tokio::test]
async fn names_that_fit_nowhere_are_refused_and_leave_nothing() {
    let (folder, store) = store();
    fs::write(folder.path().join("plain"), "no dataset").unwrap();
    let long = "x".repeat(256);
    let just_too_long = "x".repeat(250);
    let deep = "abc/".repeat(600) + "x";
    for name in [
        "",
        "/",
        ".",
        "..",
        "../x",
        "a/../x",
        "/etc/x",
        "a\0b",
        "a/",
        ".hidden",
        "_hidden",
        ".wingbeat/x",
        "a/.hidden/x",
        "a/_x",
        "day=1/x",
        "plain/x",
        &long,
        &just_too_long,
        &deep,
    ] {
        let error = put(&store, name, 1, replace()).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidName { .. }), "{name:?}: {error}");
    }
    for name in ["..", "a\0b", ".wingbeat", ".wingbeat/staging", &long] {
        let explicit = DropOptions::default().with_explicit(true);
        let error = store.drop(name, explicit).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidName { .. }), "{name:?}: {error}");
    }
    assert_eq!(visible(folder.path()), ["plain"]);
    let fits = "x".repeat(247);
    put(&store, &fits, 1, StageOptions::default()).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_lead_out_are_refused_and_never_written_through() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let (folder, store) = store();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(outside.path().join("nowhere"), folder.path().join("dangling")).unwrap();
    for name in ["out/x", "out/a/b", "dangling/x"] {
        let error = put(&store, name, 1, replace()).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidName { .. }), "{name}: {error}");
    }
    let secret = outside.path().join("secret.parquet");
    fs::write(&secret, "secret").unwrap();
    symlink(&secret, folder.path().join("link.parquet")).unwrap();
    let error = put(&store, "link", 1, StageOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Protected { .. }), "{error}");
    put(&store, "link", 1, replace()).await.unwrap();
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    assert_eq!(value(&folder.path().join("link.parquet")), 1);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);

    fs::create_dir(folder.path().join("real")).unwrap();
    symlink(folder.path().join("real"), folder.path().join("inside")).unwrap();
    put(&store, "inside/x", 5, StageOptions::default()).await.unwrap();
    assert_eq!(value(&folder.path().join("real/x.parquet")), 5);
}

#[tokio::test]
async fn a_store_opened_for_reading_takes_no_writes() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::default().with_read_only(true);
    let store = Store::open(folder.path(), options).unwrap();
    let error = put(&store, "trips", 1, StageOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    let error = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
