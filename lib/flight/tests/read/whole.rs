//! What a flight of several endpoints is as one stream.

use std::sync::Arc;

use wingbeat::arrow::array::{ArrayRef, RecordBatch, StringArray};
use wingbeat::{BatchStream, CallContext, Client, Code, FlightInfo, FlightService, HeaderName};
use wingbeat::{HeaderValue, Location, Result, Ticket};

use crate::node::{nobody, node};
use crate::support::{endpoint, ids, open, read, soon, up_to};

#[tokio::test]
async fn endpoints_in_order_from_where_they_lie() {
    let (here, there) = (node().await, node().await);
    let nobody = nobody().await;
    let nobody_secure = nobody.replace("grpc://", "grpc+tls://");
    let locations = ["ftp://a/b", &nobody_secure, &nobody, &there.uri];
    here.plan().info = FlightInfo::default()
        .with_ordered(true)
        .with_endpoint(endpoint("0 10", &[]))
        .with_endpoint(endpoint("10 20", &[Location::REUSE_CONNECTION]))
        .with_endpoint(endpoint("20 30", &locations))
        .with_endpoint(endpoint("30 40", &[&here.uri]));
    let (name, value) = (HeaderName::from_static("authorization"), "honk");
    let client = here.client.clone().with_header(name, HeaderValue::from_static(value));
    assert_eq!(read(&client).await.unwrap(), up_to(40));
    // Credentials stay with the server that they are for.
    let tokens = |headers: &[wingbeat::HeaderMap]| -> Vec<bool> {
        headers.iter().map(|headers| headers.contains_key("authorization")).collect()
    };
    assert_eq!(tokens(&here.seen().headers), [true; 3]);
    assert_eq!(tokens(&there.seen().headers), [false]);
}

#[tokio::test]
async fn what_cannot_be_read() {
    let node = node().await;
    let read_info = async |info: FlightInfo| {
        node.plan().info = info;
        read(&node.client).await
    };
    let error = read_info(FlightInfo::default()).await.unwrap_err();
    assert!(error.message().contains("neither endpoints nor a schema"), "{error}");
    assert_eq!(read_info(FlightInfo::new(&ids(0..1).schema())).await.unwrap(), [0_i64; 0]);

    let foreign = FlightInfo::default().with_endpoint(endpoint("0 1", &["ftp://a/b"]));
    let error = read_info(foreign).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("ftp://a/b"), "{error}");

    // An error that no other location would cure is not tried elsewhere.
    let missing = endpoint("none", &[Location::REUSE_CONNECTION, "grpc://127.0.0.1:1"]);
    let error = read_info(FlightInfo::default().with_endpoint(missing.clone())).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, "no such range"));

    // Of several endpoints it is said which.
    let info = FlightInfo::default().with_ordered(true).with_endpoint(endpoint("0 1", &[]));
    let error = read_info(info.with_endpoint(missing)).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("endpoint 2 of 2"), "{error}");
}

/// Two endpoints that do not agree.
struct Mixed;

impl FlightService for Mixed {
    async fn do_get(&self, _: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let batch = match &ticket.ticket[..] {
            b"ids" => ids(0..1),
            _ => {
                let column: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
                RecordBatch::try_from_iter([("id", column)])?
            }
        };
        Ok(BatchStream::from_batches(batch.schema(), [batch]))
    }
}

#[tokio::test]
async fn endpoints_of_different_schemas_are_no_flight() {
    let info = FlightInfo::default()
        .with_endpoint(endpoint("ids", &[]))
        .with_endpoint(endpoint("other", &[]));
    let client = Client::in_process(Mixed);
    for info in [info.clone(), info.with_ordered(true)] {
        let read = async { client.read_info(&info).await?.collect_batches().await };
        let error = soon(read).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(error.message().contains("schema"), "{error}");
    }
}

#[tokio::test]
async fn one_that_is_dropped_at_once_leaves_nothing() {
    let node = node().await;
    node.plan().is_endless = true;
    let endpoints = (0..4).map(|_| endpoint("0 10", &[]));
    node.plan().info = endpoints.fold(FlightInfo::default(), FlightInfo::with_endpoint);
    drop(open(&node.client).await.unwrap());
    crate::support::until(|| node.seen().open == 0).await;
}
