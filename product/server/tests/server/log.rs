//! Request ids and the access log.

use std::sync::{Arc, Mutex};

use wingbeat::{ClientCallInfo, ClientMiddleware, HeaderMap};

use crate::logs;
use crate::support::{TestServer, act, get, infos, path, put, read, rows, with, write_file};

/// Keeps the ids of responses.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<Vec<String>>>);

impl ClientMiddleware for Ids {
    fn received_headers(&mut self, headers: &HeaderMap) {
        if let Some(id) = headers.get("x-request-id") {
            self.0.lock().unwrap().push(id.to_str().unwrap().to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_response_and_every_error_carries_the_id() {
    let server = TestServer::start().await;
    let ids = Ids::default();
    let kept = ids.clone();
    let client = server.client().with_middleware(move |_: &ClientCallInfo<'_>| Ok(kept.clone()));
    infos(&client, "").await.unwrap();
    infos(&client, "").await.unwrap();
    let error = client.get_flight_info(path("nothing")).await.unwrap_err();
    let from_header = error.metadata().get("x-request-id").unwrap().to_str().unwrap();
    assert!(error.message().contains(&format!("(request id {from_header})")), "{error}");
    let seen = ids.0.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|id| id.len() == 32).count(), seen.len());
    assert!(seen.len() >= 2 && seen[0] != seen[1], "{seen:?}");

    // The caller's own id is taken over.
    let named = with(&server.client(), "x-request-id", "my-own.id_7");
    for error in [
        named.get_flight_info(path("nothing")).await.unwrap_err(),
        put(&named, path("../x"), &[rows(0, 1)]).await.unwrap_err(),
        act(&named, "sing", "").await.unwrap_err(),
        get(&named, "nothing").await.unwrap_err(),
        named.do_exchange(path("x")).split().1.next().await.unwrap_err(),
    ] {
        assert!(error.message().ends_with("(request id my-own.id_7)"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_one_line() {
    logs::catch();
    let server = TestServer::start().await;
    let named = |id: &str| with(&server.client(), "x-request-id", id);

    put(&named("line-put"), path("a/t"), &[rows(0, 700), rows(700, 300)]).await.unwrap();
    let line = logs::call("line-put").await;
    assert_eq!((&*line["method"], &*line["dataset"], &*line["code"]), ("DoPut", "a/t", "OK"));
    assert_eq!((&*line["rows"], &*line["level"]), ("1000", "INFO"));
    assert!(line["bytes"].parse::<u64>().unwrap() > 1000 * 8, "{line:?}");
    assert!(line["peer"].starts_with("127.0.0.1:"), "{line:?}");
    assert!(line["ms"].parse::<u64>().is_ok() && !line.contains_key("error"), "{line:?}");

    let whole = get(&named("line-get"), "a/t").await.unwrap();
    assert_eq!(whole.num_rows(), 1000);
    let line = logs::call("line-get").await;
    assert_eq!((&*line["method"], &*line["dataset"], &*line["rows"]), ("DoGet", "a/t", "1000"));
    assert!(line["bytes"].parse::<u64>().unwrap() > 1000 * 8, "{line:?}");

    get(&named("line-error"), "no\nline").await.unwrap_err();
    let line = logs::call("line-error").await;
    assert_eq!((&*line["code"], &*line["rows"]), ("NOT_FOUND", "0"));
    assert!(line["error"].contains("no dataset is named"), "{line:?}");

    act(&named("line-drop"), "drop", "a/t").await.unwrap();
    let line = logs::call("line-drop").await;
    assert_eq!((&*line["method"], &*line["dataset"]), ("DoAction", "a/t"));

    infos(&named("line-list"), "").await.unwrap();
    let line = logs::call("line-list").await;
    assert_eq!((&*line["method"], &*line["code"]), ("ListFlights", "OK"));
    assert!(!line.contains_key("dataset"), "{line:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_error_tells_where_the_folder_lies() {
    let server = TestServer::start().await;
    let client = server.client();
    let root = server.root().display().to_string();
    std::fs::write(server.root().join("broken.parquet"), b"PAR1 broken PAR1").unwrap();
    std::fs::write(server.root().join("file"), b"no dataset").unwrap();
    std::fs::create_dir(server.root().join("t.parquet")).unwrap();
    write_file(&server.root().join("twin.parquet"), &rows(0, 1));
    write_file(&server.root().join("twin.csv"), &rows(0, 1));
    for name in ["broken", "broken.parquet", "twin", "file", "file/t", "t", "t.parquet", "none"] {
        let replacing = with(&client, "wingbeat-mode", "replace");
        let body = format!(r#"{{"dataset": "{name}", "force": true}}"#);
        for error in [
            read(&client, path(name)).await.err(),
            put(&client, path(name), &[rows(0, 1)]).await.err(),
            put(&replacing, path(name), &[rows(0, 1)]).await.err(),
            act(&client, "drop", body).await.err(),
        ] {
            let Some(error) = error else { continue };
            assert!(!error.message().contains(&root), "{name}: {error}");
        }
    }
}
