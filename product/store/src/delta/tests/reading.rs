//! What is read: the files that the log names, with the columns that it says they have.

use std::time::Instant;

use arrow_array::types::{Date32Type, Int32Type};
use arrow_array::{Array, Int32Array};
use arrow_schema::TimeUnit;

use super::*;
use crate::{DatasetKind, Selection};

#[tokio::test]
async fn only_what_the_log_names_is_read_in_the_order_it_came() {
    let (folder, store) = store();
    let table = table(folder.path(), "a/trips", &[&[1, 2], &[3], &[4, 5]]);
    write(&table, "stray.parquet", &rows(&[99]));
    commit(&table, 4, &[remove("part-1.parquet")]);

    let listed = store.list(&Selection::all()).unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let dataset = &listed[0];
    assert_eq!((dataset.name().as_str(), dataset.kind()), ("a/trips", DatasetKind::Delta));
    assert_eq!(dataset.version(), "delta:4:0f2b9c1a");
    assert_eq!((dataset.rows(), dataset.file_count()), (Some(4), 2));
    let fields: Vec<_> = dataset.schema().fields().iter().map(|field| field.name()).collect();
    assert_eq!(fields, ["n", "s"]);
    assert_eq!(numbers(&store, &ReadRequest::new("a/trips")).await, [1, 2, 4, 5]);
    assert_eq!(numbers(&store, &ReadRequest::new("a/trips/")).await, [1, 2, 4, 5]);
}

#[tokio::test]
async fn a_commit_of_somebody_else_is_seen_at_the_next_look() {
    let (folder, store) = store();
    let table = table(folder.path(), "trips", &[&[1]]);
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1]);
    write(&table, "more.parquet", &rows(&[2]));
    commit(&table, 2, &[add(&table, "more.parquet", json!({}), stats(&[2]), 9)]);
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [1, 2]);

    // A table that was made anew is another one, though its version is lower.
    fs::remove_dir_all(&table).unwrap();
    super::table(folder.path(), "trips", &[&[7]]);
    store.refresh().unwrap();
    assert_eq!(numbers(&store, &ReadRequest::new("trips")).await, [7]);
}

#[tokio::test]
async fn partition_columns_come_typed_from_the_log_and_stand_in_their_place() {
    let (folder, store) = store();
    let table = folder.path().join("trips");
    let columns = [
        column("day", "date"),
        column("n", "long"),
        column("zone", "string"),
        column("s", "string"),
    ];
    commit(&table, 0, &made(&columns, &["zone", "day"]));
    let mut actions = Vec::new();
    for (at, (zone, day)) in [("a b", "2026-01-31"), ("", "1970-01-02")].into_iter().enumerate() {
        let value = at as i64 + 1;
        // On the disk the folder is `zone=a%20b`; in the log its path is encoded once more.
        write(&table, &format!("zone=a%20b/{at}.parquet"), &rows(&[value]));
        let mut action = add(
            &table,
            &format!("zone=a%20b/{at}.parquet"),
            json!({"zone": zone, "day": day}),
            stats(&[value]),
            0,
        );
        action["add"]["path"] = json!(format!("zone=a%2520b/{at}.parquet"));
        actions.push(action);
    }
    commit(&table, 1, &actions);

    let batches = read(&store, &ReadRequest::new("trips")).await.unwrap();
    let fields: Vec<_> =
        batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(fields, ["day", "n", "zone", "s"]);
    assert_eq!(batches[0].column(0).as_primitive::<Date32Type>().value(0), 20_484);
    assert_eq!(batches[0].column(2).as_string::<i32>().value(0), "a b");
    assert!(batches[1].column(2).is_null(0), "an empty text is null");
    let request = where_("trips", json!([["day", ">", "2000-01-01"], ["n", ">=", 0]]));
    assert_eq!(numbers(&store, &request).await, [1]);
    let request = where_("trips", json!([["zone", "is null"]]));
    let planned = store.plan(&request).unwrap();
    assert_eq!(planned.rows(), Some(1), "known without opening a file");
    assert_eq!(numbers(&store, &request).await, [2]);
}

#[tokio::test]
async fn columns_that_a_file_lacks_are_null_and_types_are_widened() {
    let (folder, store) = store();
    let table = folder.path().join("trips");
    commit(&table, 0, &made(&[column("n", "integer")], &[]));
    let old = batch(vec![("n", Arc::new(Int32Array::from(vec![1])))]);
    write(&table, "old.parquet", &old);
    commit(&table, 1, &[add(&table, "old.parquet", json!({}), json!({"numRecords": 1}), 1)]);
    assert_eq!(
        read(&store, &ReadRequest::new("trips")).await.unwrap()[0]
            .column(0)
            .as_primitive::<Int32Type>()
            .value(0),
        1
    );
    let mut wide = made(&[column("s", "string"), column("n", "long")], &[]);
    wide.remove(0);
    write(&table, "new.parquet", &rows(&[1 << 40]));
    wide.push(add(&table, "new.parquet", json!({}), stats(&[1 << 40]), 2));
    commit(&table, 2, &wide);

    let batches = read(&store, &ReadRequest::new("trips")).await.unwrap();
    assert_eq!(numbers_of(&batches), [1, 1 << 40]);
    assert!(batches[0].column(0).is_null(0));
    assert_eq!(batches[1].column(0).as_string::<i32>().value(0), (1_i64 << 40).to_string());
}

#[tokio::test]
async fn what_needs_more_than_is_known_here_is_refused_by_name() {
    let (folder, store) = store();
    let columns = [column("n", "long")];
    let features = |features: &[&str]| {
        json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
               "writerFeatures": features})
    };
    let one = |name: &str, protocol: Value, own: Value| {
        let mut columns = columns.clone();
        if name == "mapped" {
            columns[0]["metadata"] = json!({"delta.columnMapping.id": 1,
                "delta.columnMapping.physicalName": "col-1"});
        }
        let table = folder.path().join(name);
        commit(&table, 0, &made_with(&columns, &[], protocol, own));
        store.refresh().unwrap();
        store.find(name).map(|dataset| dataset.version().to_owned())
    };
    let refused = |outcome: Result<String, StoreError>, what: &str| {
        let error = outcome.unwrap_err();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
    };
    let mapped = json!({"delta.columnMapping.mode": "name"});
    refused(
        one("mapped", json!({"minReaderVersion": 2, "minWriterVersion": 5}), mapped),
        "column mapping",
    );
    refused(one("variant", features(&["variantType"]), json!({})), "variantType");
    refused(one("future", features(&["teleport"]), json!({})), "teleport");
    let plain = one("plain", features(&["deletionVectors", "v2Checkpoint"]), json!({}));
    assert_eq!(plain.unwrap(), "delta:0:0f2b9c1a");

    let table = folder.path().join("plain");
    write(&table, "a.parquet", &rows(&[1]));
    let mut added = add(&table, "a.parquet", json!({}), stats(&[1]), 1);
    added["add"]["deletionVector"] = json!({"storageType": "i",
        "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
        "sizeInBytes": 40, "cardinality": 6});
    commit(&table, 1, &[added]);
    store.refresh().unwrap();
    let outcome = store.find("plain").map(|dataset| dataset.version().to_owned());
    refused(outcome, "deletion vector for file a.parquet");
}

#[tokio::test]
async fn a_file_outside_of_the_table_is_never_opened() {
    let (folder, store) = store();
    for (at, path) in ["../secret.parquet", "/etc/passwd", "file:///etc/passwd"].iter().enumerate()
    {
        let name = format!("t{at}");
        let table = table(folder.path(), &name, &[&[1]]);
        let added = json!({"add": {"path": path, "size": 1, "modificationTime": 0,
            "dataChange": true, "partitionValues": {}}});
        commit(&table, 2, &[added]);
        store.refresh().unwrap();
        let error = store.find(&name).unwrap_err();
        assert!(error.to_string().contains("does not lie in its folder"), "{error}");
    }
}

#[tokio::test]
async fn files_are_passed_over_by_the_statistics_in_the_log() {
    let (folder, store) = store();
    let table = table(folder.path(), "trips", &[&[1, 2], &[30, 40], &[5]]);
    // Whoever opened them would fail.
    fs::remove_file(table.join("part-0.parquet")).unwrap();
    fs::remove_file(table.join("part-2.parquet")).unwrap();
    assert_eq!(numbers(&store, &where_("trips", json!([["n", ">", 5]]))).await, [30, 40]);
    assert_eq!(numbers(&store, &where_("trips", json!([["n", "==", 30]]))).await, [30]);
    assert_eq!(numbers(&store, &where_("trips", json!([["n", "in", [31, 40]]]))).await, [40]);
    assert_eq!(numbers(&store, &where_("trips", json!([["s", "is null"]]))).await, [0_i64; 0]);
    let missing = read(&store, &where_("trips", json!([["n", "<", 3]]))).await.unwrap_err();
    assert!(matches!(missing, StoreError::Changed { .. }), "{missing}");
    assert!(missing.to_string().contains("part-0.parquet is gone"), "{missing}");
}

#[tokio::test]
async fn times_of_the_log_have_milliseconds_alone() {
    let (folder, store) = store();
    let table = folder.path().join("trips");
    commit(&table, 0, &made(&[column("t", "timestamp")], &[]));
    let times = arrow_array::TimestampMicrosecondArray::from(vec![1_000_999]).with_timezone("UTC");
    write(&table, "a.parquet", &batch(vec![("t", Arc::new(times))]));
    let at = "1970-01-01T00:00:01.000Z";
    let stats = json!({"numRecords": 1, "minValues": {"t": at}, "maxValues": {"t": at},
                       "nullCount": {"t": 0}});
    commit(&table, 1, &[add(&table, "a.parquet", json!({}), stats, 1)]);
    let request = where_("trips", json!([["t", ">", "1970-01-01T00:00:01.000500Z"]]));
    let batches = read(&store, &request).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(batches[0].schema().field(0).data_type(), &data_type);
}

#[tokio::test]
async fn a_table_of_ten_thousand_files_is_planned_without_opening_one() {
    let (folder, store) = store();
    let table = folder.path().join("trips");
    commit(&table, 0, &made(&[column("n", "long"), column("p", "integer")], &["p"]));
    let actions: Vec<Value> = (0..10_000)
        .map(|at| {
            json!({"add": {
                "path": format!("p={}/part-{at}.parquet", at % 100), "size": 1000,
                "modificationTime": at, "dataChange": true,
                "partitionValues": {"p": (at % 100).to_string()}, "stats": stats(&[at]).to_string(),
            }})
        })
        .collect();
    commit(&table, 1, &actions);
    let begun = Instant::now();
    assert_eq!(store.find("trips").unwrap().file_count(), 10_000);
    let listed = begun.elapsed();
    let begun = Instant::now();
    let whole = store.plan(&ReadRequest::new("trips")).unwrap();
    assert_eq!((whole.rows(), whole.bytes()), (Some(10_000), Some(10_000_000)));
    let planned = begun.elapsed();
    let request = where_("trips", json!([["p", "==", 7]]));
    assert_eq!(store.plan(&request).unwrap().rows(), Some(100));
    let begun = Instant::now();
    store.plan(&where_("trips", json!([["p", "==", 7], ["n", ">", 9000]]))).unwrap();
    let pruned = begun.elapsed();
    // Far above what it takes without optimisation; opening files would take longer, and fail.
    let times = format!("listed {listed:?}, planned {planned:?}, pruned {pruned:?}");
    assert!(planned.as_secs() < 1 && pruned.as_secs() < 3 && listed.as_secs() < 20, "{times}");
}
