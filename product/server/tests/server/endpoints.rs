//! Flights of several endpoints.

use wingbeat::arrow::compute::concat_batches;
use wingbeat::{Message as _, Ticket};
use wingbeat_store::WriteOptions;

use crate::support::{TestServer, command, infos, path, read, rows, whole, write_file_with};

/// A server whose endpoints are as small as can be, on a folder of so many files of 10 rows.
async fn many(files: i64) -> TestServer {
    let server = TestServer::with(|config| config.endpoint_bytes = 1).await;
    for nth in 0..files {
        let file = server.root().join(format!("t/{nth:04}.parquet"));
        write_file_with(&file, &rows(nth * 10, 10), &WriteOptions::default());
    }
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_flight_has_several_in_its_order() {
    let server = many(20).await;
    let client = server.client();
    let info = client.get_flight_info(path("t")).await.unwrap();
    assert!(info.ordered);
    assert_eq!((info.endpoints.len(), info.total_records), (20, 200));
    let mut parts = Vec::new();
    for endpoint in &info.endpoints {
        assert!(endpoint.locations.is_empty());
        let said: serde_json::Value = serde_json::from_slice(&endpoint.app_metadata).unwrap();
        assert_eq!(said["rows"], 10);
        assert!(said["bytes"].as_u64().unwrap() > 0);
        let ticket = endpoint.ticket.clone().unwrap();
        parts.push(whole(client.do_get(ticket).await.unwrap()).await.unwrap());
    }
    assert_eq!(concat_batches(&parts[0].schema(), &parts).unwrap(), rows(0, 200));
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 200));
    // A listing tells of each flight as a whole.
    let listed = infos(&client, "").await.unwrap();
    assert_eq!(listed[0].endpoints.len(), 1);
    let ticket = listed[0].endpoints[0].ticket.clone().unwrap();
    assert_eq!(whole(client.do_get(ticket).await.unwrap()).await.unwrap(), rows(0, 200));
    assert_eq!(whole(client.do_get(Ticket::new("t")).await.unwrap()).await.unwrap(), rows(0, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flight_info_is_bounded_however_long_its_tickets_are() {
    let server = many(300).await;
    let client = server.client();
    let ask = async |literals: usize, width: usize| {
        let list: Vec<_> = (0..literals).map(|literal| format!("{literal:0width$}")).collect();
        let filter = format!(r#"[["word", "not in", {list:?}]]"#);
        let asked = command(format!(r#"{{"dataset": "t", "filter": {filter}}}"#));
        client.get_flight_info(asked).await.unwrap()
    };
    assert_eq!(ask(10, 7).await.endpoints.len(), 300);
    // 300 tickets of 50 KB each would be 15 MB.
    let info = ask(500, 100).await;
    let bytes = info.encode().len();
    assert!(bytes < 3_000_000 && info.endpoints.len() > 10, "{bytes}, {}", info.endpoints.len());
    let found = whole(client.read_info(&info).await.unwrap()).await.unwrap();
    assert_eq!(found, rows(0, 3000));
    // One that has no room for two.
    assert_eq!(ask(10_000, 95).await.endpoints.len(), 1);
}
