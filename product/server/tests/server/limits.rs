//! Who may write, and how much may run at once.

use std::time::Duration;

use wingbeat::{BatchStream, Client, Code, Ticket};

use crate::logs;
use crate::support::{
    TestServer, act, eventually, get, list, path, put, read, rows, with, write_file,
};
use crate::tickets::write_large;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_takes_no_writes() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("t.parquet"), &rows(0, 3));
    let server = TestServer::on(folder, |config| config.read_only = true).await;
    let client = server.client();
    let errors = [
        put(&client, path("new"), &[rows(0, 1)]).await.unwrap_err(),
        act(&client, "drop", r#"{"dataset": "t", "force": true}"#).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Code::PermissionDenied, "{error}");
        assert!(error.message().contains("read-only"), "{error}");
    }
    assert!(act(&client, "server_info", "").await.unwrap()[0].contains("\"writes\":false"));
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 3));
    assert_eq!(server.files(), ["t.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_for_others_takes_writes_only_by_flag() {
    for allowed in [false, true] {
        let server = TestServer::with(|config| {
            config.bind = vec!["grpc://0.0.0.0:0".parse().unwrap()];
            config.allow_anonymous_remote_writes = allowed;
        })
        .await;
        let client = Client::new(server.address.replace("0.0.0.0", "127.0.0.1")).unwrap();
        let done = put(&client, path("t"), &[rows(0, 1)]).await;
        if allowed {
            assert_eq!(done.unwrap()["rows"], 1);
            continue;
        }
        let error = done.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{error}");
        assert!(error.message().contains("--allow-anonymous-remote-writes"), "{error}");
        let error = act(&client, "drop", "t").await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{error}");
        assert!(list(&client, "").await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_upload_too_many_is_refused() {
    let server = TestServer::with(|config| config.max_uploads = 1).await;
    let client = server.client();
    let (mut sender, stream) = BatchStream::channel(rows(0, 0).schema(), 1);
    let first = client.do_put(path("first"), stream);
    sender.send(rows(0, 3)).await.unwrap();
    eventually("the first is under way", || server.staged() == 1).await;
    let error = put(&client, path("second"), &[rows(0, 1)]).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("1 uploads"), "{error}");
    sender.finish();
    first.finish().await.unwrap();
    put(&client, path("second"), &[rows(0, 1)]).await.unwrap();
    assert_eq!(list(&client, "").await.unwrap(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_share_the_memory() {
    let server = TestServer::with(|config| {
        config.memory_limit_bytes = 1;
        config.room_wait = Duration::from_millis(100);
    })
    .await;
    write_large(&server.root().join("t.parquet"), 3 << 20);
    write_file(&server.root().join("small.parquet"), &rows(0, 3));
    let client = server.client();
    let mut first = client.do_get(Ticket::new("t")).await.unwrap();
    let batch = first.next_batch().await.unwrap().unwrap();
    // There is room for one; its reader rests.
    let error = get(&client, "small").await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("memory"), "{error}");
    // What takes no room is answered.
    assert_eq!(list(&client, "").await.unwrap(), ["small", "t"]);
    let mut count = batch.num_rows();
    while let Some(batch) = first.next_batch().await.unwrap() {
        count += batch.num_rows();
    }
    assert_eq!(count, 3 << 20);
    drop(first);
    // Room comes back when the call has ended, which is a moment after its last byte.
    loop {
        match get(&client, "small").await {
            Ok(batch) => break assert_eq!(batch, rows(0, 3)),
            Err(error) => assert_eq!(error.code(), Code::ResourceExhausted, "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_rests_too_long_is_ended() {
    logs::catch();
    let server = TestServer::with(|config| {
        config.stall_timeout = Duration::from_millis(300);
    })
    .await;
    write_large(&server.root().join("t.parquet"), 4 << 20);
    let client = with(&server.client(), "x-request-id", "rests-too-long");
    let mut stream = client.do_get(Ticket::new("t")).await.unwrap();
    stream.next_batch().await.unwrap().unwrap();
    let line = logs::call("rests-too-long").await;
    assert_eq!(line["dataset"], "t");
    assert_ne!(line["code"], "OK");
    let end = loop {
        match stream.next_batch().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    end.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_too_many_is_refused() {
    let server = TestServer::with(|config| config.max_connections = 1).await;
    let first = server.client();
    assert!(list(&first, "").await.unwrap().is_empty());
    let error = list(&server.client(), "").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(list(&first, "").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_listener_has_rights_of_its_own() {
    let sockets = tempfile::tempdir().unwrap();
    let socket = format!("grpc+unix://{}", sockets.path().join("wb.sock").display());
    let server = TestServer::with(|config| {
        let addresses = ["grpc://0.0.0.0:0", "grpc://127.0.0.1:0", &socket];
        config.bind = addresses.map(|address| address.parse().unwrap()).into();
        config.max_uploads = 1;
    })
    .await;
    let [remote, local, unix] = server.addresses.as_slice() else { panic!() };
    assert_eq!(*unix, socket);
    let remote = Client::new(remote.replace("0.0.0.0", "127.0.0.1")).unwrap();
    let (local, unix) = (Client::new(local).unwrap(), Client::new(unix).unwrap());
    let error = put(&remote, path("t"), &[rows(0, 1)]).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied, "{error}");
    put(&local, path("t"), &[rows(0, 1)]).await.unwrap();
    put(&unix, path("t"), &[rows(0, 2)]).await.unwrap();
    for client in [&remote, &local, &unix] {
        assert_eq!(read(client, path("t")).await.unwrap(), rows(0, 2));
    }
    // They share the limits.
    let (mut sender, stream) = BatchStream::channel(rows(0, 0).schema(), 1);
    let _first = local.do_put(path("first"), stream);
    sender.send(rows(0, 3)).await.unwrap();
    eventually("the first is under way", || server.staged() == 1).await;
    let error = put(&unix, path("second"), &[rows(0, 1)]).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
}
