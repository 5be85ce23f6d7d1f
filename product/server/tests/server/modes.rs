//! DoPut: modes, upload ids, announced rows, and two writers at once.

use serde_json::Value;
use wingbeat::{BatchStream, Client, Code, Error, FlightDescriptor};

use crate::support::{
    TestServer, act, command, eventually, path, put, read, rows, with, write_file,
};

fn mode(client: &Client, mode: &str) -> Client {
    with(client, "wingbeat-mode", mode)
}

async fn refused(client: &Client, descriptor: FlightDescriptor) -> Error {
    put(client, descriptor, &[rows(90, 1)]).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_leaves_what_is_there() {
    let server = TestServer::start().await;
    let client = server.client();
    put(&mode(&client, "create"), path("t"), &[rows(0, 3)]).await.unwrap();
    let by_command = command(r#"{"dataset": "t", "mode": "create"}"#);
    for error in [
        refused(&mode(&client, "create"), path("t")).await,
        refused(&client, by_command.clone()).await,
        refused(&mode(&client, "create"), by_command).await,
    ] {
        assert_eq!(error.code(), Code::AlreadyExists, "{error}");
        assert!(error.message().contains("\"t\""), "{error}");
    }
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replace_takes_its_place() {
    let server = TestServer::start().await;
    let client = server.client();
    put(&mode(&client, "replace"), path("t"), &[rows(0, 3)]).await.unwrap();
    put(&client, command(r#"{"dataset": "t", "mode": "replace"}"#), &[rows(3, 3)]).await.unwrap();
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(3, 3));
    put(&client, path("t"), &[rows(6, 3)]).await.unwrap();
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(6, 3));
    assert_eq!(server.files(), ["t.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contradictions_and_unknown_modes_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let create = command(r#"{"dataset": "t", "mode": "create"}"#);
    let two = mode(&mode(&client, "create"), "replace");
    let unknown_key = command(r#"{"dataset": "t", "made": "create"}"#);
    let cases = [
        (refused(&mode(&client, "replace"), create).await, Code::InvalidArgument, "contradicts"),
        (refused(&two, path("t")).await, Code::InvalidArgument, "contradicts"),
        (refused(&mode(&client, "upsert"), path("t")).await, Code::InvalidArgument, "upsert"),
        (refused(&mode(&client, "append"), path("t")).await, Code::NotFound, "create_append"),
        (refused(&client, unknown_key).await, Code::InvalidArgument, "made"),
        (refused(&client, FlightDescriptor::Unknown).await, Code::InvalidArgument, "descriptor"),
        (
            refused(&with(&client, "wingbeat-rows", "many"), path("t")).await,
            Code::InvalidArgument,
            "wingbeat-rows",
        ),
    ];
    for (error, code, word) in cases {
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(word), "{error}");
    }
    assert!(server.files().is_empty(), "{:?}", server.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_did_not_write_is_replaced_by_name_only() {
    let server = TestServer::start().await;
    let client = server.client();
    write_file(&server.root().join("foreign.parquet"), &rows(0, 3));
    write_file(&server.root().join("folder/one.parquet"), &rows(0, 3));
    write_file(&server.root().join("folder/two.parquet"), &rows(3, 3));
    for name in ["foreign", "folder"] {
        let before = read(&client, path(name)).await.unwrap();
        let error = refused(&client, path(name)).await;
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        assert!(error.message().contains("wingbeat-mode: replace"), "{error}");
        assert_eq!(read(&client, path(name)).await.unwrap(), before);
        put(&mode(&client, "replace"), path(name), &[rows(7, 1)]).await.unwrap();
        assert_eq!(read(&client, path(name)).await.unwrap(), rows(7, 1));
        // It is the server's own now.
        put(&client, path(name), &[rows(8, 1)]).await.unwrap();
    }
    assert_eq!(server.files(), ["folder.parquet", "foreign.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_id_writes_once() {
    let server = TestServer::start().await;
    let client = server.client();
    let named = with(&client, "wingbeat-upload-id", "u-1");
    let first = put(&named, path("t"), &[rows(0, 3)]).await.unwrap();
    assert_eq!(first["upload_id"], "u-1");
    let file = server.root().join("t.parquet");
    let written = std::fs::read(&file).unwrap();
    assert_eq!(put(&named, path("t"), &[rows(0, 3)]).await.unwrap(), first);
    let by_command = command(r#"{"dataset": "t", "upload_id": "u-1"}"#);
    assert_eq!(put(&client, by_command, &[rows(0, 9)]).await.unwrap(), first);
    assert_eq!(std::fs::read(&file).unwrap(), written);
    // In the mode create as well: a lost acknowledgement is no conflict.
    assert_eq!(put(&mode(&named, "create"), path("t"), &[rows(0, 3)]).await.unwrap(), first);
    let other = with(&client, "wingbeat-upload-id", "u-2");
    assert_ne!(put(&other, path("t"), &[rows(5, 3)]).await.unwrap(), first);
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(5, 3));
    // The id of what was replaced is remembered.
    assert_eq!(put(&named, path("t"), &[rows(0, 3)]).await.unwrap(), first);
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(5, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_number_of_rows_than_announced_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    put(&client, path("t"), &[rows(0, 3)]).await.unwrap();
    for (expected, found) in [("3", 2), ("3", 4), ("0", 1)] {
        let announced = with(&client, "wingbeat-rows", expected);
        let error = put(&announced, path("t"), &[rows(50, found)]).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
        let text = format!("expected {expected} rows, found {found}");
        assert!(error.message().contains(&text), "{error}");
        assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 3));
    }
    put(&with(&client, "wingbeat-rows", "4"), path("t"), &[rows(9, 4)]).await.unwrap();
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(9, 4));
    assert_eq!(server.files(), ["t.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_cannot_be_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let long = "x".repeat(300);
    let names =
        ["..", "../t", "a/../../t", "/t", "a\0b", ".hidden", "_staged", "a/", "k=v/t", &long];
    for name in names {
        let error = refused(&client, path(name)).await;
        assert_eq!(error.code(), Code::InvalidArgument, "{name:?}: {error}");
    }
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), server.root().join("out")).unwrap();
    let error = refused(&client, path("out/t")).await;
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    let told = outside.path().display().to_string();
    assert!(!error.message().contains(&told), "{error}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(server.files().is_empty(), "{:?}", server.files());
}

/// Uploads that have all begun before the first of them ends.
async fn race(server: &TestServer, clients: Vec<Client>) -> Vec<wingbeat::Result<Value>> {
    let mut begun = Vec::new();
    for (number, client) in clients.iter().enumerate() {
        let batch = rows(number as i64 * 10, 3);
        let (mut sender, stream) = BatchStream::channel(batch.schema(), 1);
        let results = client.do_put(path("t"), stream);
        sender.send(batch).await.unwrap();
        begun.push((sender, results));
    }
    eventually("all are staged", || server.staged() == clients.len()).await;
    let ends = begun.into_iter().map(async |(sender, results)| {
        sender.finish();
        let last = results.finish().await?.unwrap();
        Ok(serde_json::from_slice(&last.app_metadata)?)
    });
    futures_util::future::join_all(ends).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_creators_at_once_exactly_one_wins() {
    let server = TestServer::start().await;
    let client = server.client();
    let ends = race(&server, vec![mode(&client, "create"); 6]).await;
    let winners: Vec<usize> = (0..6).filter(|&number| ends[number].is_ok()).collect();
    let [winner] = winners.as_slice() else { panic!("{ends:?}") };
    for error in ends.iter().filter_map(|end| end.as_ref().err()) {
        assert_eq!(error.code(), Code::AlreadyExists, "{error}");
    }
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(*winner as i64 * 10, 3));
    eventually("nothing is left", || server.files() == ["t.parquet"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_replacers_at_once_the_last_commit_stands() {
    let server = TestServer::start().await;
    let client = server.client();
    let ends = race(&server, vec![client.clone(); 4]).await;
    let versions: Vec<Value> =
        ends.into_iter().map(|end| end.unwrap()["version"].clone()).collect();
    let info = client.get_flight_info(path("t")).await.unwrap();
    let about: Value = serde_json::from_slice(&info.app_metadata).unwrap();
    let winner = versions.iter().position(|version| *version == about["version"]).unwrap();
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(winner as i64 * 10, 3));
    assert_eq!(act(&client, "drop", "t").await.unwrap().len(), 1);
    assert!(server.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn append_adds_to_a_table_whose_versions_stay() {
    let server = TestServer::start().await;
    let client = server.client();
    let with_id = |id| with(&mode(&client, "create_append"), "wingbeat-upload-id", id);
    let first = put(&with_id("one"), path("t"), &[rows(0, 3)]).await.unwrap();
    put(&mode(&client, "append"), path("t"), &[rows(3, 3)]).await.unwrap();
    let again = put(&with_id("one"), path("t"), &[rows(0, 3)]).await.unwrap();
    assert_eq!(again, first, "the same id adds nothing");
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 6));
    let old = command(r#"{"dataset": "t", "version": 0}"#);
    assert_eq!(read(&client, old.clone()).await.unwrap(), rows(0, 3));
    let planned = client.get_flight_info(path("t")).await.unwrap();
    put(&mode(&client, "append"), path("t"), &[rows(6, 3)]).await.unwrap();
    let ticket = planned.endpoints[0].ticket.clone().unwrap();
    let stream = client.do_get(ticket).await.unwrap();
    let batches = stream.collect_batches().await.unwrap();
    let count: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(count, 6, "a ticket stays with its version");

    put(&client, path("plain"), &[rows(0, 3)]).await.unwrap();
    for (descriptor, code, word) in [
        (command(r#"{"dataset": "plain", "version": 0}"#), Code::Unimplemented, "no history"),
        (command(r#"{"dataset": "t", "version": 9}"#), Code::InvalidArgument, "youngest is 2"),
        (command(r#"{"dataset": "t", "timestamp": "x"}"#), Code::InvalidArgument, "RFC 3339"),
    ] {
        let error = client.get_flight_info(descriptor).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(word), "{error}");
    }
    let error = refused(&mode(&client, "append"), path("plain")).await;
    assert_eq!(error.code(), Code::Unimplemented, "{error}");
    assert!(error.message().contains("a single file"), "{error}");
}
