//! GetFlightInfo and GetSchema.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wingbeat::arrow::array::{AsArray, RecordBatch};
use wingbeat::arrow::datatypes::Int64Type;
use wingbeat::{Client, Code, FlightDescriptor};

use crate::support::{TestServer, command, path, read, rows, write_file};

async fn nested() -> (TestServer, Client) {
    let server = TestServer::start().await;
    write_file(&server.root().join("a/b.parquet"), &rows(0, 100));
    write_file(&server.root().join("a/t.csv"), &rows(0, 5));
    let client = server.client();
    (server, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_descriptor_comes_back_as_asked() {
    let (_server, client) = nested().await;
    let asked = [
        FlightDescriptor::path(["a", "b"]),
        FlightDescriptor::path(["a/b"]),
        FlightDescriptor::path(["a", "b.parquet"]),
        FlightDescriptor::path(["a/b.parquet"]),
        command("a/b"),
        command("a/b.parquet"),
        command(r#"{"dataset": "a/b"}"#),
    ];
    for descriptor in asked {
        let info = client.get_flight_info(descriptor.clone()).await.unwrap();
        assert_eq!(info.flight_descriptor, Some(descriptor.clone()));
        assert_eq!(info.total_records, 100, "{descriptor:?}");
        assert_eq!(read(&client, descriptor).await.unwrap(), rows(0, 100));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_are_real_or_unknown() {
    let (server, client) = nested().await;
    let info = client.get_flight_info(path("a/b")).await.unwrap();
    let bytes = server.root().join("a/b.parquet").metadata().unwrap().len();
    assert_eq!(info.total_bytes, i64::try_from(bytes).unwrap());
    assert!(info.ordered);
    let info = client.get_flight_info(path("a/t")).await.unwrap();
    assert_eq!((info.total_records, info.total_bytes), (-1, -1));
    // A filter makes them unknown, a limit bounds them.
    let filtered = command(r#"{"dataset": "a/b", "filter": [["id", ">", 3]]}"#);
    let info = client.get_flight_info(filtered).await.unwrap();
    assert_eq!((info.total_records, info.total_bytes), (-1, -1));
    let limited = command(r#"{"dataset": "a/b", "limit": 30, "offset": 80}"#);
    let info = client.get_flight_info(limited).await.unwrap();
    assert_eq!((info.total_records, info.total_bytes), (20, -1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_is_json_and_endpoints_have_no_location() {
    let (server, client) = nested().await;
    let info = client.get_flight_info(path("a/b")).await.unwrap();
    let about: Value = serde_json::from_slice(&info.app_metadata).unwrap();
    let mut keys: Vec<&String> = about.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["format", "modified", "version"]);
    assert_eq!(about["format"], "parquet");
    assert!(!about["version"].as_str().unwrap().is_empty());
    let file = server.root().join("a/b.parquet").metadata().unwrap().modified().unwrap();
    let modified = file.duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(about["modified"], modified);
    assert!(file <= SystemTime::now());
    let [endpoint] = info.endpoints.as_slice() else { panic!("{:?}", info.endpoints) };
    assert!(endpoint.locations.is_empty());
    assert!(endpoint.ticket.is_some());
}

fn ids(batch: &RecordBatch) -> Vec<i64> {
    batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_selects_rows_and_columns() {
    let (_server, client) = nested().await;
    let asked = json!({
        "dataset": "a/b",
        "columns": ["word", "id"],
        "filter": [["id", ">=", 40], ["id", "in", [39, 40, 41, 50, 60, 70]]],
        "limit": 3,
        "offset": 1,
    });
    let descriptor = command(asked.to_string());
    let schema = client.get_schema(descriptor.clone()).await.unwrap();
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["word", "id"]);
    let batch = read(&client, descriptor).await.unwrap();
    assert_eq!(batch.schema().fields(), schema.fields());
    assert_eq!(ids(&batch), [41, 50, 60]);
    let words = batch.column_by_name("word").unwrap().as_string::<i32>();
    assert_eq!(words.value(0), "w41");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_make_no_sense_are_refused() {
    let (_server, client) = nested().await;
    let cases = [
        (r#"{"dataset": "a/b", "colums": []}"#, Code::InvalidArgument, "colums"),
        (r#"{"dataset": "a/b", "columns": ["wing"]}"#, Code::InvalidArgument, "wing"),
        (r#"{"dataset": "a/b", "filter": [["id", "~", 1]]}"#, Code::InvalidArgument, "operator"),
        (r#"{"dataset": "a/b", "filter": [["id", ">", "x"]]}"#, Code::InvalidArgument, "id"),
        (r#"{"dataset": "a/b", "limit": -1}"#, Code::InvalidArgument, "-1"),
        (r#"{"columns": ["id"]}"#, Code::InvalidArgument, "dataset"),
        (r#"{"dataset": "a/b""#, Code::InvalidArgument, "EOF"),
        ("", Code::InvalidArgument, "empty"),
        ("nothing/here", Code::NotFound, "nothing/here"),
        ("../a/b", Code::InvalidArgument, ".."),
        ("/etc/passwd", Code::InvalidArgument, "absolute"),
        ("a\0b", Code::InvalidArgument, "NUL"),
    ];
    for (text, code, word) in cases {
        for error in [
            client.get_flight_info(command(text)).await.unwrap_err(),
            client.get_schema(command(text)).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), code, "{text}: {error}");
            assert!(error.message().contains(word), "{text}: {error}");
        }
    }
    for parts in [&[".."][..], &["a", "..", "a", "b"], &["a/../../x"], &[""], &[], &["x"; 2000]] {
        let error = client
            .get_flight_info(FlightDescriptor::path(parts.iter().copied()))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{parts:?}: {error}");
    }
    let error = client.get_flight_info(FlightDescriptor::Unknown).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ambiguous_name_lists_its_candidates() {
    let server = TestServer::start().await;
    write_file(&server.root().join("twin.parquet"), &rows(0, 1));
    write_file(&server.root().join("twin.csv"), &rows(5, 1));
    let client = server.client();
    let error = client.get_flight_info(path("twin")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for candidate in ["twin.parquet", "twin.csv"] {
        assert!(error.message().contains(candidate), "{error}");
    }
    assert_eq!(ids(&read(&client, path("twin.csv")).await.unwrap()), [5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flight_sql_is_named_and_refused() {
    let (_server, client) = nested().await;
    let url = "type.googleapis.com/arrow.flight.protocol.sql.CommandGetTables";
    let mut any = vec![0x0a, u8::try_from(url.len()).unwrap()];
    any.extend_from_slice(url.as_bytes());
    let descriptor = FlightDescriptor::command(any.clone());
    let get = client.do_get(wingbeat::Ticket::new(any)).await.unwrap_err();
    let put = crate::support::put(&client, descriptor.clone(), &[rows(0, 1)]).await.unwrap_err();
    for error in [client.get_flight_info(descriptor).await.unwrap_err(), get, put] {
        assert_eq!(error.code(), Code::Unimplemented);
        assert!(error.message().contains("CommandGetTables"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_comes_without_the_data() {
    let (_server, client) = nested().await;
    for name in ["a/b", "a/t"] {
        let schema = client.get_schema(path(name)).await.unwrap();
        let info = client.get_flight_info(path(name)).await.unwrap();
        let in_info = client.decode_schema(&info).unwrap().unwrap();
        assert_eq!(*schema, in_info);
        assert_eq!(schema.fields().len(), 2, "{name}");
        let polled = client.poll_flight_info(path(name)).await.unwrap();
        assert_eq!(polled.info, Some(info));
    }
}
