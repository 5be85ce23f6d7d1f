//! DoGet and its tickets.

use std::time::Duration;

use wingbeat::arrow::array::RecordBatch;
use wingbeat::{Code, FlightEndpoint, RenewFlightEndpointRequest, Ticket};
use wingbeat_server::{ServeConfig, TicketKey};
use wingbeat_store::WriteOptions;

use crate::logs;
use crate::support::{
    TestServer, act, command, get, path, put, rows, whole, with, write_file, write_file_with,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_or_a_json_read_is_a_ticket() {
    let server = TestServer::start().await;
    write_file(&server.root().join("t.parquet"), &rows(0, 10));
    let client = server.client();
    assert_eq!(get(&client, "t").await.unwrap(), rows(0, 10));
    assert_eq!(get(&client, "t.parquet").await.unwrap(), rows(0, 10));
    let json = r#"{"dataset": "t", "offset": 4, "limit": 2}"#;
    assert_eq!(get(&client, json).await.unwrap(), rows(4, 2));
    let refused =
        [("", Code::InvalidArgument), ("{", Code::InvalidArgument), ("no", Code::NotFound)];
    for (ticket, code) in refused {
        assert_eq!(get(&client, ticket).await.unwrap_err().code(), code, "{ticket:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_ticket_names_its_version() {
    let server = TestServer::start().await;
    let client = server.client();
    put(&client, path("t"), &[rows(0, 10)]).await.unwrap();
    let limited = command(r#"{"dataset": "t", "limit": 3}"#);
    let ticket = async |descriptor| {
        let info = client.get_flight_info(descriptor).await.unwrap();
        info.endpoints[0].ticket.clone().unwrap()
    };
    let (all, some) = (ticket(path("t")).await, ticket(limited).await);
    let redeem = async |ticket: &Ticket| whole(client.do_get(ticket.clone()).await?).await;
    assert_eq!(redeem(&all).await.unwrap(), rows(0, 10));
    assert_eq!(redeem(&some).await.unwrap(), rows(0, 3));

    let mut changed = some.ticket.to_vec();
    let last = changed.iter().rposition(|&byte| byte == b'3').unwrap();
    changed[last] = b'9';
    let error = redeem(&Ticket::new(changed)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");

    put(&client, path("t"), &[rows(50, 1)]).await.unwrap();
    for ticket in [&all, &some] {
        let error = redeem(ticket).await.unwrap_err();
        assert_eq!(error.code(), Code::Aborted);
        assert!(error.message().contains("changed"), "{error}");
    }
    let fresh = ticket(path("t")).await;
    act(&client, "drop", "t").await.unwrap();
    let error = redeem(&fresh).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted, "{error}");
}

/// Rows whose bytes compress to nothing much, in files of several pages and one row group.
pub(crate) fn large(count: i64) -> RecordBatch {
    use std::sync::Arc;
    use wingbeat::arrow::array::{ArrayRef, Int64Array};
    let mixed = |i: i64| i.wrapping_mul(-7_046_029_254_386_353_131).rotate_left(29);
    let columns = ["a", "b"].map(|name| {
        let values = (0..count).map(|i| mixed(i + name.len() as i64));
        (name, Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A Parquet file of one row group.
pub(crate) fn write_large(path: &std::path::Path, count: i64) {
    let options = WriteOptions::default()
        .with_compression(wingbeat_store::Compression::Uncompressed)
        .with_row_group_rows(usize::MAX)
        .with_row_group_bytes(usize::MAX);
    write_file_with(path, &large(count), &options);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_finishes_on_the_version_that_it_began() {
    const ROWS: i64 = 3 << 20;
    let server = TestServer::start().await;
    write_large(&server.root().join("t.parquet"), ROWS);
    let client = server.client();
    let mut stream = client.do_get(Ticket::new("t")).await.unwrap();
    let first = stream.next_batch().await.unwrap().unwrap();
    // The rest is more than fits between server and reader.
    let replace = with(&client, "wingbeat-mode", "replace");
    put(&replace, path("t"), &[rows(0, 2)]).await.unwrap();
    assert_eq!(get(&client, "t").await.unwrap(), rows(0, 2));
    act(&client, "drop", "t").await.unwrap();
    let mut count = first.num_rows() as i64;
    let expected = large(ROWS);
    while let Some(batch) = stream.next_batch().await.unwrap() {
        assert_eq!(batch, expected.slice(count as usize, batch.num_rows()));
        count += batch.num_rows() as i64;
    }
    assert_eq!(count, ROWS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_compressed_on_demand() {
    logs::catch();
    let server = TestServer::start().await;
    let client = server.client();
    put(&client, path("t"), &[rows(0, 50_000)]).await.unwrap();
    let mut bytes = Vec::new();
    for compression in ["none", "lz4", "zstd"] {
        let id = format!("compressed-{compression}");
        let asking = with(&client, "wingbeat-body-compression", compression);
        let asking = with(&asking, "x-request-id", &id);
        assert_eq!(get(&asking, "t").await.unwrap(), rows(0, 50_000));
        bytes.push(logs::call(&id).await["bytes"].parse::<u64>().unwrap());
    }
    assert!(bytes[0] > bytes[1] && bytes[1] > bytes[2], "{bytes:?}");
    let asking = with(&client, "wingbeat-body-compression", "rar");
    assert_eq!(get(&asking, "t").await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_does_not_fit_is_named() {
    let server = TestServer::start().await;
    let mut text = "id,word\n".to_owned();
    for id in 0..200_000 {
        text.push_str(&format!("{id},w{id}\n"));
    }
    text.push_str("seven,w\n");
    std::fs::write(server.root().join("t.csv"), text).unwrap();
    let client = server.client();
    let error = get(&client, "t").await.unwrap_err();
    assert_eq!(error.code(), Code::DataLoss, "{error}");
    for word in ["t.csv", "line 200002", "\"id\"", "\"seven\""] {
        assert!(error.message().contains(word), "{word}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_outlives_its_server_and_is_renewed() {
    let server = TestServer::start().await;
    write_file(&server.root().join("t.parquet"), &rows(0, 10));
    let info = server.client().get_flight_info(path("t")).await.unwrap();
    let [endpoint] = info.endpoints.as_slice() else { panic!("{info:?}") };
    assert!(endpoint.expiration_time.is_some());
    let again = server.again(|config| config.ticket_lifetime = Duration::from_secs(7200)).await;
    let client = again.client();
    let redeem = async |endpoint: &FlightEndpoint| {
        whole(client.do_get(endpoint.ticket.clone().unwrap()).await?).await
    };
    assert_eq!(redeem(endpoint).await.unwrap(), rows(0, 10));
    let request = RenewFlightEndpointRequest { endpoint: Some(endpoint.clone()) };
    let renewed = client.renew_flight_endpoint(request).await.unwrap();
    assert_ne!(renewed.ticket, endpoint.ticket);
    assert!(renewed.expiration_time.unwrap().seconds > endpoint.expiration_time.unwrap().seconds);
    assert_eq!(renewed.app_metadata, endpoint.app_metadata);
    assert_eq!(redeem(&renewed).await.unwrap(), rows(0, 10));
    let error = client.renew_flight_endpoint(RenewFlightEndpointRequest::default()).await;
    assert_eq!(error.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_clocks_and_who_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("t.parquet"), &rows(0, 10));
    let with = async |keys: &[&str], fast: i64| {
        let keys: Vec<_> = keys.iter().map(|key| key.repeat(40)).collect();
        let mut config = ServeConfig::new(folder.path());
        config.ticket_key = TicketKey::Text(keys.join("\n"));
        config.ticket_lifetime = Duration::from_secs(60);
        config.clock_fast = fast;
        TestServer::of(config).await
    };
    let home = with(&["a"], 0).await;
    let info = home.client().get_flight_info(path("t")).await.unwrap();
    let ticket = info.endpoints[0].ticket.clone().unwrap();
    for (keys, fast, expected) in [
        (&["b", "a"][..], 0, None),
        (&["a"], -120, None),
        (&["a"], 120, None),
        (&["a"], 300, Some(Code::NotFound)),
        (&["b"], 0, Some(Code::FailedPrecondition)),
    ] {
        let server = with(keys, fast).await;
        let read = server.client().do_get(ticket.clone()).await;
        assert_eq!(read.err().map(|error| error.code()), expected, "{keys:?} {fast}");
        // A name is planned there and then.
        assert_eq!(get(&server.client(), "t").await.unwrap(), rows(0, 10));
    }
}
