//! DoPut that goes well: what lands, and what the last result says.

use std::sync::Arc;

use serde_json::Value;
use wingbeat::arrow::array::{
    Array, ArrayRef, Int32Array, IntervalMonthDayNanoArray, RecordBatch, RecordBatchOptions,
    RunArray, StringArray, StructArray, UnionArray,
};
use wingbeat::arrow::buffer::ScalarBuffer;
use wingbeat::arrow::datatypes::{
    DataType, Field, Int32Type, IntervalMonthDayNano, Schema, UnionFields,
};
use wingbeat::{BatchStream, Code, FlightDescriptor, FlightStreamChunk, Result};
use wingbeat_store::{FileReader, Format, ReadOptions};

use crate::support::{TestServer, command, path, put, read, rows, with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_without_any_header_simply_works() {
    let server = TestServer::start().await;
    let client = server.client();
    let batches = [rows(0, 10), rows(10, 0), rows(10, 5)];
    let descriptor = FlightDescriptor::path(["new", "birds"]);
    let done = put(&client, descriptor, &batches).await.unwrap();
    let mut keys: Vec<&String> = done.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["bytes", "format", "rows", "upload_id", "version"]);
    assert_eq!((&done["rows"], &done["format"]), (&15.into(), &"parquet".into()));
    assert_eq!(done["upload_id"], Value::Null);
    let file = server.root().join("new/birds.parquet");
    assert_eq!(done["bytes"], file.metadata().unwrap().len());
    let info = client.get_flight_info(path("new/birds")).await.unwrap();
    let about: Value = serde_json::from_slice(&info.app_metadata).unwrap();
    assert_eq!(about["version"], done["version"]);
    assert_eq!(info.total_records, 15);
    assert_eq!(read(&client, path("new/birds")).await.unwrap(), rows(0, 15));
    assert_eq!(server.files(), ["new/birds.parquet"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_of_a_schema_alone_is_an_empty_flight() {
    let server = TestServer::start().await;
    let client = server.client();
    let stream = BatchStream::from_batches(rows(0, 0).schema(), []);
    let last = client.do_put(path("empty"), stream).finish().await.unwrap().unwrap();
    let done: Value = serde_json::from_slice(&last.app_metadata).unwrap();
    assert_eq!(done["rows"], 0);
    assert_eq!(read(&client, path("empty")).await.unwrap(), rows(0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_beside_and_between_batches_is_passed_over() {
    let server = TestServer::start().await;
    let client = server.client();
    let chunks: Vec<Result<FlightStreamChunk>> = vec![
        Ok(FlightStreamChunk::metadata("begin")),
        Ok(FlightStreamChunk::from(rows(0, 3)).with_metadata("beside")),
        Ok(FlightStreamChunk::metadata("between")),
        Ok(FlightStreamChunk::from(rows(3, 3))),
        Ok(FlightStreamChunk::metadata("end")),
    ];
    let stream = futures_util::stream::iter(chunks);
    let stream = BatchStream::from_stream(rows(0, 0).schema(), stream);
    let results = client.do_put(path("t"), stream).collect().await.unwrap();
    assert_eq!(results.len(), 1, "the last result is the only one");
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn formats_are_chosen_by_header_command_and_name() {
    let server = TestServer::start().await;
    let client = server.client();
    let batches = [rows(0, 3)];
    let arrow = with(&client, "wingbeat-format", "arrow");
    let done = put(&arrow, path("a"), &batches).await.unwrap();
    assert_eq!(done["format"], "arrow");
    let json = command(r#"{"dataset": "b", "format": "arrow", "compression": "zstd:5"}"#);
    assert_eq!(put(&client, json, &batches).await.unwrap()["format"], "arrow");
    assert_eq!(put(&client, path("c.arrow"), &batches).await.unwrap()["format"], "arrow");
    assert_eq!(server.files(), ["a.arrow", "b.arrow", "c.arrow"]);
    for name in ["a", "b", "c"] {
        assert_eq!(read(&client, path(name)).await.unwrap(), rows(0, 3));
    }
    let csv = with(&client, "wingbeat-format", "csv");
    assert_eq!(put(&csv, path("d"), &batches).await.unwrap_err().code(), Code::InvalidArgument);
    let error = put(&client, path("d.csv"), &batches).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented, "{error}");
    assert_eq!(server.files().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_groups_and_compression_are_settable() {
    let server = TestServer::start().await;
    let client = server.client();
    let small = with(&client, "wingbeat-row-group-rows", "10");
    let small = with(&small, "wingbeat-compression", "none");
    put(&small, path("t"), &[rows(0, 95)]).await.unwrap();
    let file = server.root().join("t.parquet");
    let plain = file.metadata().unwrap().len();
    let reader = FileReader::open(&file, Format::Parquet, &ReadOptions::default()).unwrap();
    let read: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(read, 95);
    put(&client, path("t"), &[rows(0, 95)]).await.unwrap();
    // One compressed row group takes less room than ten that are not.
    assert!(file.metadata().unwrap().len() * 2 < plain);
    let bytes = with(&client, "wingbeat-row-group-bytes", "0");
    let error = put(&bytes, path("t"), &[rows(0, 5)]).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    let name = with(&client, "wingbeat-compression", "rar");
    assert!(put(&name, path("t"), &[rows(0, 5)]).await.unwrap_err().message().contains("rar"));
}

fn batch(column: impl Array + 'static) -> RecordBatch {
    RecordBatch::try_from_iter([("c", Arc::new(column) as ArrayRef)]).unwrap()
}

/// What Parquet would not give back exactly.
fn not_for_parquet() -> Vec<(&'static str, RecordBatch)> {
    let fields = [
        (0, Arc::new(Field::new("i", DataType::Int32, true))),
        (1, Arc::new(Field::new("s", DataType::Utf8, true))),
    ];
    let children: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![1, 2, 3])),
        Arc::new(StringArray::from(vec!["a", "b", "c"])),
    ];
    let fields: UnionFields = fields.into_iter().collect();
    let types = ScalarBuffer::from(vec![0_i8, 1, 0]);
    let union = UnionArray::try_new(fields, types, None, children).unwrap();
    let interval = IntervalMonthDayNano::new(1, 2, 3);
    let ends = Int32Array::from(vec![2, 3]);
    let runs = RunArray::<Int32Type>::try_new(&ends, &StringArray::from(vec!["x", "y"])).unwrap();
    let three = RecordBatchOptions::new().with_row_count(Some(3));
    let no_columns = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &three);
    vec![
        ("union", batch(union)),
        ("interval", batch(IntervalMonthDayNanoArray::from(vec![interval; 3]))),
        ("runs", batch(runs)),
        ("empty_struct", batch(StructArray::new_empty_fields(3, None))),
        ("no_columns", no_columns.unwrap()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_parquet_cannot_hold_lands_as_arrow() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, batch) in not_for_parquet() {
        let done = put(&client, path(name), std::slice::from_ref(&batch)).await.unwrap();
        assert_eq!((&done["format"], &done["rows"]), (&"arrow".into(), &3.into()), "{name}");
        assert!(server.root().join(format!("{name}.arrow")).exists());
        let back = read(&client, path(name)).await;
        // Zero columns cannot be put together to one batch; count the rows.
        match back {
            Ok(back) if batch.num_columns() > 0 => assert_eq!(back, batch, "{name}"),
            _ => {
                let mut stream = client.read(path(name)).await.unwrap();
                let back = stream.next_batch().await.unwrap().unwrap();
                assert_eq!((back.num_columns(), back.num_rows()), (batch.num_columns(), 3));
            }
        }
        // Asked for by name, Parquet is refused before anything is written.
        let parquet = with(&client, "wingbeat-format", "parquet");
        let other = format!("{name}_parquet");
        let error = put(&parquet, path(&other), &[batch]).await.unwrap_err();
        assert_eq!(error.code(), Code::Unimplemented, "{name}: {error}");
    }
    assert_eq!(server.files().len(), not_for_parquet().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_result_waits_for_nobody() {
    let server = TestServer::start().await;
    let client = server.client();
    let stream = BatchStream::from_batches(rows(0, 3).schema(), [rows(0, 3)]);
    // Nobody asks for the result.
    let results = client.do_put(path("t"), stream);
    let file = server.root().join("t.parquet");
    crate::support::eventually("the file is published", || file.exists()).await;
    assert_eq!(read(&client, path("t")).await.unwrap(), rows(0, 3));
    // It is still there for who asks late.
    assert_eq!(results.collect().await.unwrap().len(), 1);
}
