//! What several tests need.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Int64Array, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use wingbeat::{
    BatchStream, Client, FlightEndpoint, FlightInfo, Location, LocationPolicy, ReadOptions, Result,
    Ticket,
};
use wingbeat_http::HttpFetcher;

/// Waits for something that has to happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("took over 30 seconds")
}

pub(crate) fn ids(range: std::ops::Range<i64>) -> RecordBatch {
    let column = Arc::new(Int64Array::from_iter_values(range));
    RecordBatch::try_from_iter([("id", column as _)]).unwrap()
}

/// An Arrow IPC stream of three batches: the ids up to `end`.
pub(crate) fn ipc(end: i64) -> Vec<u8> {
    ipc_with(end, None)
}

pub(crate) fn ipc_with(end: i64, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let schema = ids(0..0).schema();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
    for range in [0..end / 3, end / 3..end / 2, end / 2..end] {
        writer.write(&ids(range)).unwrap();
    }
    writer.into_inner().unwrap()
}

/// A flight of one endpoint that lies at these locations.
pub(crate) fn flight(uris: &[&str]) -> FlightInfo {
    let endpoint = FlightEndpoint::new(Ticket::new("x"));
    let with = |endpoint: FlightEndpoint, uri: &&str| endpoint.with_location(Location::new(*uri));
    FlightInfo::default().with_endpoint(uris.iter().fold(endpoint, with))
}

/// Allows this machine.
pub(crate) fn options(fetcher: HttpFetcher) -> ReadOptions {
    let policy = LocationPolicy::default().allow_http_from(["127.0.0.1", "localhost"]).unwrap();
    ReadOptions::default().with_locations(policy).with_fetcher(fetcher)
}

/// A client of a server on this machine, which is never asked.
pub(crate) fn client(fetcher: HttpFetcher) -> Client {
    Client::new("grpc://127.0.0.1:1").unwrap().with_read_options(options(fetcher))
}

/// Opens a flight at a location.
pub(crate) async fn open(client: &Client, uri: &str) -> Result<BatchStream> {
    soon(client.read_info(&flight(&[uri]))).await
}

/// How many rows there are behind a location; they have to be the ids in order.
pub(crate) async fn read(client: &Client, uri: &str) -> Result<i64> {
    let batches = soon(open(client, uri).await?.collect_batches()).await?;
    let mut next = 0;
    for batch in batches {
        let rows = i64::try_from(batch.num_rows()).unwrap();
        assert_eq!(batch, ids(next..next + rows));
        next += rows;
    }
    Ok(next)
}
