//! DoGet: schemas, sizes, metadata, backpressure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream;
use wingbeat::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use wingbeat::arrow::compute::concat_batches;
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    BatchStream, CallContext, Client, ClientOptions, Code, Compression, EncodeOptions, Error,
    FlightService, FlightStreamChunk, Limits, MessageSize, Origin, Result, ServerOptions, Ticket,
};

use crate::support::{all_ids, ids, soon, tcp};

/// Streams that are named by their tickets.
#[derive(Default)]
struct Streams {
    made: Arc<AtomicUsize>,
}

impl FlightService for Streams {
    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let schema = ids(0..1).schema();
        match &ticket.ticket[..] {
            b"empty" => Ok(BatchStream::from_batches(schema, [])),
            b"no rows" => Ok(BatchStream::from_batches(schema, [ids(0..0)])),
            b"no columns" => {
                let batch = RecordBatch::try_new_with_options(
                    Arc::new(Schema::empty()),
                    vec![],
                    &RecordBatchOptions::new().with_row_count(Some(5)),
                )?;
                Ok(BatchStream::from_batches(batch.schema(), [batch]))
            }
            b"metadata" => {
                let chunks = [
                    FlightStreamChunk::metadata("before"),
                    FlightStreamChunk::from(ids(0..1)).with_metadata("with"),
                    FlightStreamChunk::from(ids(1..2)),
                    FlightStreamChunk::from(ids(2..3)).with_metadata(""),
                    FlightStreamChunk::metadata("after"),
                ];
                let chunks = chunks.map(Ok::<_, Error>);
                Ok(BatchStream::from_stream(schema, stream::iter(chunks)))
            }
            b"large" => Ok(BatchStream::from_batches(schema, [ids(0..1_000_000)])),
            b"whole" => Ok(BatchStream::from_batches(schema, [ids(0..1_000_000)])
                .with_options(EncodeOptions::default().with_message_size(MessageSize::Whole))),
            b"zstd" => Ok(BatchStream::from_batches(schema, [ids(0..1_000_000)]).with_options(
                EncodeOptions::default().with_compression(Compression::Zstd { level: 1 }),
            )),
            b"lz4" => Ok(BatchStream::from_batches(schema, [ids(0..1_000_000)])
                .with_options(EncodeOptions::default().with_compression(Compression::Lz4Frame))),
            b"long row" | b"row too large" => {
                let text: ArrayRef =
                    Arc::new(StringArray::from(vec!["short".to_owned(), "long".repeat(1 << 16)]));
                let batch = RecordBatch::try_from_iter([("text", text)])?;
                let limit = (&ticket.ticket[..] == b"row too large").then_some(1 << 16);
                Ok(BatchStream::from_batches(batch.schema(), [batch])
                    .with_options(EncodeOptions::default().with_peer_bytes_max(limit)))
            }
            b"fails" => {
                let chunks = [Ok(ids(0..1)), Err(Error::data_loss("page 7 is corrupt"))];
                Ok(BatchStream::from_stream(schema, stream::iter(chunks)))
            }
            b"200 MiB" => {
                let made = self.made.clone();
                let batches = (0..200).map(move |_| {
                    made.fetch_add(1, Ordering::SeqCst);
                    ids(0..1 << 17)
                });
                Ok(BatchStream::from_batches(schema, batches))
            }
            other => Err(Error::not_found(format!("no stream {other:?}"))),
        }
    }
}

async fn get(client: &Client, ticket: &'static str) -> Result<BatchStream> {
    soon(client.do_get(Ticket::new(ticket))).await
}

#[tokio::test]
async fn a_schema_comes_even_with_nothing() {
    let client = tcp(Streams::default()).await;
    let mut empty = get(&client, "empty").await.unwrap();
    assert_eq!(*empty.schema(), ids(0..1).schema());
    assert!(empty.next().await.unwrap().is_none());
    let batches = get(&client, "no rows").await.unwrap().collect_batches().await.unwrap();
    assert_eq!(batches, [ids(0..0)]);
    let batches = get(&client, "no columns").await.unwrap().collect_batches().await.unwrap();
    assert_eq!((batches.len(), batches[0].num_rows(), batches[0].num_columns()), (1, 5, 0));
}

#[tokio::test]
async fn metadata_beside_and_between_batches() {
    let client = tcp(Streams::default()).await;
    let mut stream = get(&client, "metadata").await.unwrap();
    let mut found = Vec::new();
    while let Some(chunk) = stream.next().await.unwrap() {
        let rows = chunk.data.map(|batch| all_ids(&[batch]));
        found.push((rows, chunk.app_metadata.map(|bytes| bytes.to_vec())));
    }
    let expected = [
        (None, Some(b"before".to_vec())),
        (Some(vec![0]), Some(b"with".to_vec())),
        (Some(vec![1]), None),
        (Some(vec![2]), Some(b"".to_vec())),
        (None, Some(b"after".to_vec())),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn large_batches_are_split_where_the_client_takes_less() {
    let client = tcp(Streams::default()).await;
    let expected = ids(0..1_000_000);
    let batches = get(&client, "large").await.unwrap().collect_batches().await.unwrap();
    assert_eq!(batches.len(), 1, "8 MB travel whole, as the client has said that it takes them");
    assert_eq!(batches[0], expected);
    let limits = Limits::default().with_message_bytes_max(1 << 20);
    let modest = client.client.clone().with_options(ClientOptions::default().with_limits(limits));
    let batches = get(&modest, "large").await.unwrap().collect_batches().await.unwrap();
    assert_eq!(batches.len(), 9, "8 MB in messages of up to 1 MiB, heads included");
    assert_eq!(concat_batches(&expected.schema(), &batches).unwrap(), expected);
    for ticket in ["whole", "zstd", "lz4"] {
        let batches = get(&client, ticket).await.unwrap().collect_batches().await.unwrap();
        assert_eq!(concat_batches(&expected.schema(), &batches).unwrap(), expected, "{ticket}");
        assert!(ticket != "whole" || batches.len() == 1);
    }
}

#[tokio::test]
async fn limits_name_what_exceeds_them() {
    let client = tcp(Streams::default()).await;
    let error = get(&client, "row too large").await.unwrap().collect_batches().await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().contains("row 1"), "{error}");

    let limits = Limits::default().with_message_bytes_max(80_000);
    let modest = client.client.clone().with_options(ClientOptions::default().with_limits(limits));
    let error = get(&modest, "long row").await.unwrap().collect_batches().await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::ResourceExhausted, Origin::Peer), "{error}");
    assert!(error.message().contains("80000"), "{error}");
    // So little that it is not believed: the client itself has to refuse.
    let limits = Limits::default().with_message_bytes_max(10_000);
    let tiny = client.client.clone().with_options(ClientOptions::default().with_limits(limits));
    let error = get(&tiny, "large").await.unwrap().collect_batches().await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::ResourceExhausted, Origin::Local), "{error}");
    assert!(error.message().contains("10000"), "{error}");

    let options =
        ServerOptions::default().with_encode(EncodeOptions::default().with_message_size(100_000));
    let small = Client::in_process_with(Streams::default(), options);
    let batches = get(&small, "large").await.unwrap().collect_batches().await.unwrap();
    assert!((80..=100).contains(&batches.len()), "{}", batches.len());
}

#[tokio::test]
async fn an_error_after_batches() {
    let client = tcp(Streams::default()).await;
    let mut stream = get(&client, "fails").await.unwrap();
    assert_eq!(all_ids(&[stream.next_batch().await.unwrap().unwrap()]), [0]);
    let error = stream.next_batch().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "page 7 is corrupt"));
}

#[tokio::test]
async fn a_slow_reader_stops_the_producer() {
    let service = Arc::new(Streams::default());
    let client = tcp(service.clone()).await;
    let mut stream = get(&client, "200 MiB").await.unwrap();
    // What one stream's window and buffers hold, and no more, however long we wait.
    for _ in 0..200 {
        get(&client, "empty").await.unwrap();
    }
    let made = service.made.load(Ordering::SeqCst);
    assert!((1..60).contains(&made), "{made} batches of 1 MiB were made for nobody");
    let mut rows = 0;
    while let Some(batch) = soon(stream.next_batch()).await.unwrap() {
        rows += batch.num_rows();
    }
    assert_eq!(rows, 200 << 17);
    assert_eq!(service.made.load(Ordering::SeqCst), 200);
}
