//! DoAction and ListActions.

use serde_json::{Value, json};
use wingbeat::Code;

use crate::support::{TestServer, act, list, path, put, rows, write_file};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_action_is_listed() {
    let server = TestServer::start().await;
    let client = server.client();
    let listed = client.list_actions().await.unwrap().collect().await.unwrap();
    let mut names: Vec<&str> = listed.iter().map(|action| action.r#type.as_str()).collect();
    names.sort_unstable();
    let own = ["drop", "drop_dataset", "healthcheck", "refresh", "server_info"];
    assert_eq!(names, [&["RenewFlightEndpoint"], &own[..]].concat());
    assert!(listed.iter().all(|action| !action.description.is_empty()));
    for action in listed {
        // None of them is unknown; a drop of nothing is refused as such.
        match act(&client, &action.r#type, "").await {
            Ok(_) => assert!(!action.r#type.starts_with("drop")),
            Err(error) => assert_eq!(error.code(), Code::InvalidArgument, "{error}"),
        }
    }
    let error = act(&client, "sing", "").await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert!(error.message().contains("sing"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drop_deletes_what_the_server_wrote() {
    let server = TestServer::start().await;
    let client = server.client();
    for action in ["drop", "drop_dataset"] {
        put(&client, path("a/t"), &[rows(0, 3)]).await.unwrap();
        let results = act(&client, action, "a/t").await.unwrap();
        let result: Value = serde_json::from_str(&results[0]).unwrap();
        assert_eq!(result, json!({ "path": "a/t.parquet" }));
        assert!(server.files().is_empty());
        assert!(list(&client, "").await.unwrap().is_empty());
        let error = act(&client, action, "a/t").await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drop_of_a_version_deletes_no_other() {
    let server = TestServer::start().await;
    let client = server.client();
    let old = put(&client, path("t"), &[rows(0, 3)]).await.unwrap()["version"].clone();
    let new = put(&client, path("t"), &[rows(3, 3)]).await.unwrap()["version"].clone();
    let body = |version| json!({ "dataset": "t", "version": version }).to_string();
    let error = act(&client, "drop", body(old)).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted, "{error}");
    assert_eq!(server.files(), ["t.parquet"]);
    act(&client, "drop", body(new)).await.unwrap();
    assert!(server.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_did_not_write_takes_force() {
    let server = TestServer::start().await;
    let client = server.client();
    write_file(&server.root().join("foreign.csv"), &rows(0, 3));
    write_file(&server.root().join("folder/one.parquet"), &rows(0, 3));
    write_file(&server.root().join("folder/two.parquet"), &rows(0, 3));
    for name in ["foreign", "folder"] {
        let error = act(&client, "drop", name).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        assert!(error.message().contains("\"force\": true"), "{error}");
        let body = json!({ "dataset": name, "force": true }).to_string();
        act(&client, "drop", body).await.unwrap();
    }
    assert!(server.files().is_empty(), "{:?}", server.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for body in ["../t", "/etc/passwd", "a\0b", "{}", r#"{"dataset": "t", "forse": true}"#] {
        let error = act(&client, "drop", body).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{body}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_says_what_it_is() {
    let server = TestServer::start().await;
    let info = act(&server.client(), "server_info", "").await.unwrap();
    let info: Value = serde_json::from_str(&info[0]).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(info, json!({ "name": "wingbeat", "version": version, "writes": true }));
    assert!(act(&server.client(), "healthcheck", "").await.unwrap().is_empty());
}
