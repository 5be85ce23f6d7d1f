//! Which datasets a folder has, under which names, and when.

use std::fs;
use std::time::Duration;

use crate::support::*;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType;
use serde_json::json;
use wingbeat_store::{DatasetKind, DatasetName, StoreError};

#[test]
fn files_and_folders_have_the_names_of_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_parquet(&root.join("a.parquet"), &rows(0, 10), 10);
    write_parquet(&root.join("deep/er/b.parquet"), &rows(0, 10), 10);
    write_parquet(&root.join("deep/er/c.parquet"), &rows(10, 10), 10);
    write_text(&root.join("deep/er/README.md"), "not data");
    write_text(&root.join("deep/er/odd.csv"), "x\n1\n");
    write_text(&root.join(".hidden.csv"), "x\n1\n");
    write_text(&root.join("_staging/x.csv"), "x\n1\n");
    write_text(&root.join("notes.txt"), "not data");
    write_text(&root.join("empty.csv"), "");
    fs::create_dir(root.join("nothing")).unwrap();
    let store = store(root);
    assert_eq!(names(&store, ""), ["a", "deep/er"]);
    let er = store.find("deep/er").unwrap();
    assert_eq!(er.kind(), DatasetKind::Folder);
    assert_eq!(er.rows(), Some(20));
    assert_eq!(er.file_count(), 2);
    assert_eq!(read_all(&store, "deep/er").unwrap(), rows(0, 20));
    // Members are found though they are not listed, also the odd one.
    assert_eq!(read_all(&store, "deep/er/c").unwrap(), rows(10, 10));
    assert_eq!(read_all(&store, "deep/er/c.parquet").unwrap(), rows(10, 10));
    assert_eq!(read_all(&store, "deep/er/odd").unwrap().num_rows(), 1);
    assert_eq!(store.find("a.parquet").unwrap().name().as_str(), "a");
    let joined = DatasetName::from_components(["deep", "er"]).unwrap();
    assert_eq!(joined.as_str(), store.find("deep//er").unwrap().name().as_str());
    for name in ["deep", "nothing", "empty", ".hidden", "_staging/x", "notes", "notes.txt"] {
        let error = store.find(name).unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{name}: {error}");
    }
    assert!(store.find("deep/era").unwrap_err().to_string().contains("\"deep/er\""));
}

#[test]
fn selections_list_by_prefix_and_glob() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.csv", "s/a/one.csv", "s/b/two.csv", "t/three.csv"] {
        write_text(&folder.path().join(name), "x\n1\n");
    }
    let store = store(folder.path());
    assert_eq!(names(&store, ""), ["s/a", "s/b", "t", "x"]);
    assert_eq!(names(&store, "s/"), ["s/a", "s/b"]);
    assert_eq!(names(&store, "*"), ["t", "x"]);
    assert_eq!(names(&store, "**/b"), ["s/b"]);
    assert_eq!(names(&store, "nope"), Vec::<String>::new());
}

#[test]
fn colliding_names_keep_their_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_text(&root.join("a.csv"), "x\n1\n");
    write_parquet(&root.join("a.parquet"), &rows(0, 3), 10);
    write_text(&root.join("b.csv"), "x\n1\n");
    write_parquet(&root.join("b/part.parquet"), &rows(0, 4), 10);
    write_text(&root.join("c.csv"), "x\n1\n2\n");
    write_parquet(&root.join("c.csv.parquet"), &rows(0, 5), 10);
    let store = store(root);
    let listed = ["a.csv", "a.parquet", "b.csv", "b/", "c", "c.csv.parquet"];
    assert_eq!(names(&store, ""), listed);
    for name in listed {
        assert_eq!(store.find(name).unwrap().name().as_str(), name);
    }
    match store.find("a").unwrap_err() {
        StoreError::Ambiguous { candidates, .. } => assert_eq!(candidates, ["a.csv", "a.parquet"]),
        other => panic!("{other}"),
    }
    match store.find("b").unwrap_err() {
        StoreError::Ambiguous { candidates, .. } => assert_eq!(candidates, ["b.csv", "b/"]),
        other => panic!("{other}"),
    }
    assert_eq!(read_all(&store, "b/").unwrap().num_rows(), 4);
    assert_eq!(read_all(&store, "c.csv").unwrap().num_rows(), 2);
    // One of the two goes, and the bare name is free again.
    fs::remove_file(root.join("a.csv")).unwrap();
    assert_eq!(store.find("a").unwrap().rows(), Some(3));
}

#[test]
fn folders_of_unlike_tables_are_no_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_text(&root.join("db/users.csv"), "id,name\n1,a\n");
    write_text(&root.join("db/orders.csv"), "id,user,sum\n1,1,5\n");
    write_text(&root.join("log/1.csv"), "id,v\n1,a\n");
    write_text(&root.join("log/2.csv"), "id,v,w\n2,b,7\n");
    write_text(&root.join("log/3.csv"), "id,v\nx3,c\n");
    write_text(&root.join("log/4.csv"), "other\n1\n");
    let store = store(root);
    assert_eq!(names(&store, ""), ["db/orders", "db/users", "log"]);
    // A column that is a number here and a word there is text; a new column is null before.
    let log = read_all(&store, "log").unwrap();
    let ids: Vec<_> = log.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(ids, ["1", "2", "x3"]);
    let new = log.column_by_name("w").unwrap().as_primitive::<Int64Type>();
    assert_eq!(new.iter().collect::<Vec<_>>(), [None, Some(7), None]);
    let filtered = request(json!({"dataset": "log", "filter": [["w", "is null"]]}));
    assert_eq!(read(&store, &filtered).unwrap().num_rows(), 2);
    let filtered = request(json!({"dataset": "log", "filter": [["w", ">", 1]]}));
    assert_eq!(read(&store, &filtered).unwrap().num_rows(), 1);
}

#[test]
fn hive_folders_become_columns() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let part = |year: &str, city: &str, first: i64| {
        let path = root.join(format!("t/year={year}/city={city}/p.parquet"));
        write_parquet(&path, &rows(first, 10), 10);
    };
    part("2023", "Oslo", 0);
    part("2024", "S%C3%A3o%20Paulo", 10);
    part("2024", "__HIVE_DEFAULT_PARTITION__", 20);
    write_text(&root.join("t/_SUCCESS"), "");
    let store = store(root);
    assert_eq!(names(&store, ""), ["t"]);
    let dataset = store.find("t").unwrap();
    assert_eq!(dataset.kind(), DatasetKind::Hive);
    assert_eq!(dataset.rows(), Some(30));
    assert_eq!(dataset.schema().field(3).data_type(), &DataType::Int64);
    assert_eq!(dataset.schema().field(4).data_type(), &DataType::Utf8);
    let all = read_all(&store, "t").unwrap();
    let years = all.column(3).as_primitive::<Int64Type>();
    assert_eq!((years.value(0), years.value(29)), (2023, 2024));
    let cities = all.column(4).as_string::<i32>();
    let null_rows = (0..30).filter(|&row| cities.is_null(row)).count();
    assert_eq!((cities.value(0), null_rows), ("Oslo", 10));
    let only = request(json!({"dataset": "t", "columns": ["city", "id"],
        "filter": [["year", "==", 2024], ["city", "==", "São Paulo"], ["id", ">", 17]]}));
    let only = read(&store, &only).unwrap();
    assert_eq!(only.num_rows(), 2);
    assert_eq!(only.column(0).as_string::<i32>().value(1), "São Paulo");
    let counted = request(json!({"dataset": "t", "filter": [["year", "<", 2024]]}));
    assert_eq!(store.plan(&counted).unwrap().rows(), Some(10));
    assert_eq!(store.find("t/year=2023/city=Oslo/p").unwrap().rows(), Some(10));
}

#[test]
fn what_lies_beside_hive_folders_stays_a_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_parquet(&root.join("h/k=1/p.parquet"), &rows(0, 3), 10);
    write_parquet(&root.join("h/beside.parquet"), &rows(0, 4), 10);
    write_parquet(&root.join("h/deeper/p.parquet"), &rows(0, 5), 10);
    write_text(&root.join("unlike/k=1/a.csv"), "x\n1\n");
    write_text(&root.join("unlike/k=2/b.csv"), "y\n1\n");
    let store = store(root);
    let all = ["h", "h/beside", "h/deeper", "unlike/k=1/a", "unlike/k=2/b"];
    assert_eq!(names(&store, ""), all);
    assert_eq!(store.find("h").unwrap().rows(), Some(3));
    assert_eq!(read_all(&store, "h/beside").unwrap().num_rows(), 4);
    assert_eq!(read_all(&store, "unlike/k=2/b").unwrap().num_rows(), 1);
}

#[test]
fn names_never_leave_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_text(&outside.path().join("secret.csv"), "x\n1\n");
    write_text(&folder.path().join("own.csv"), "x\n1\n");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("dir")).unwrap();
    let secret = outside.path().join("secret.csv");
    std::os::unix::fs::symlink(&secret, folder.path().join("link.csv")).unwrap();
    std::os::unix::fs::symlink("own.csv", folder.path().join("alias.csv")).unwrap();
    fs::create_dir(folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("loop/up")).unwrap();
    let store = store(folder.path());
    assert_eq!(names(&store, ""), ["alias", "own"]);
    assert_eq!(read_all(&store, "alias").unwrap().num_rows(), 1);
    for name in ["link", "dir/secret", "dir"] {
        let error = store.find(name).unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{name}: {error}");
    }
    let long = "x".repeat(300);
    for name in ["../own", "/etc/passwd", "dir/../own", "", "a\0b", &long] {
        let error = store.find(name).unwrap_err();
        assert!(matches!(error, StoreError::InvalidName { .. }), "{name:?}: {error}");
    }
    // A link put in the place of a file after the scan.
    let dataset = store.find("own").unwrap();
    fs::remove_file(folder.path().join("own.csv")).unwrap();
    std::os::unix::fs::symlink(&secret, folder.path().join("own.csv")).unwrap();
    assert!(store.find("own").is_err());
    assert_eq!(dataset.name().as_str(), "own");
}

#[test]
fn new_files_appear_and_growing_ones_wait() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = store(root);
    assert_eq!(names(&store, ""), Vec::<String>::new());
    write_parquet(&root.join("a.parquet"), &rows(0, 10), 10);
    assert_eq!(store.find("a").unwrap().rows(), Some(10));
    assert_eq!(names(&store, ""), ["a"]);
    // The beginning of a Parquet file, and a text that ends inside a line.
    let bytes = fs::read(root.join("a.parquet")).unwrap();
    fs::write(root.join("b.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(root.join("c.csv"), "x,y\n1,").unwrap();
    write_text(&root.join("d.csv"), "x\n1\n");
    store.refresh().unwrap();
    assert_eq!(names(&store, ""), ["a", "d"]);
    for name in ["b", "c", "c.csv"] {
        let error = store.find(name).unwrap_err().to_string();
        assert!(error.contains("still being written"), "{name}: {error}");
    }
    fs::write(root.join("b.parquet"), &bytes).unwrap();
    assert_eq!(read_all(&store, "b").unwrap(), rows(0, 10));
    // What lies still is whole, or broken.
    age(&root.join("c.csv"), Duration::from_secs(60));
    fs::write(root.join("e.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    age(&root.join("e.parquet"), Duration::from_secs(60));
    store.refresh().unwrap();
    assert_eq!(names(&store, ""), ["a", "b", "c", "d"]);
    assert!(matches!(store.find("e").unwrap_err(), StoreError::Corrupt { .. }));
    // A version per content.
    let before = store.find("a").unwrap().version().to_owned();
    write_parquet(&root.join("a.parquet"), &rows(0, 11), 10);
    assert_ne!(store.find("a").unwrap().version(), before);
    assert_eq!(store.find("a").unwrap().rows(), Some(11));
}
