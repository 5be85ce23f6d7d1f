//! What several tests need.

use std::sync::Arc;
use std::time::Duration;

use wingbeat::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use wingbeat::{BatchStream, Client, FlightDescriptor, FlightEndpoint, Location, Result, Ticket};

/// Waits for something that has to happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, future).await.expect("took longer than 30 seconds")
}

/// Waits until something is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    soon(async {
        while !is_so() {
            // A turn of a loop that looks.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// A batch of one column, `id`, of 64-bit integers.
pub(crate) fn ids(range: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
    RecordBatch::try_from_iter([("id", column)]).unwrap()
}

/// The ids in batches, in order.
pub(crate) fn all_ids(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| {
        let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().clone();
        column.values().to_vec()
    };
    batches.iter().flat_map(column).collect()
}

pub(crate) fn endpoint(ticket: &str, locations: &[&str]) -> FlightEndpoint {
    let endpoint = FlightEndpoint::new(Ticket::new(ticket.to_owned()));
    locations.iter().fold(endpoint, |endpoint, uri| endpoint.with_location(Location::new(*uri)))
}

/// Asks a client's server for its flight.
pub(crate) async fn open(client: &Client) -> Result<BatchStream> {
    soon(client.read(FlightDescriptor::path(["x"]))).await
}

/// Its ids, as they come.
pub(crate) async fn read(client: &Client) -> Result<Vec<i64>> {
    let batches = soon(open(client).await?.collect_batches()).await?;
    Ok(all_ids(&batches))
}

/// Its ids, sorted.
pub(crate) async fn read_sorted(client: &Client) -> Result<Vec<i64>> {
    let mut ids = read(client).await?;
    ids.sort_unstable();
    Ok(ids)
}

/// The ids from 0 on.
pub(crate) fn up_to(end: i64) -> Vec<i64> {
    (0..end).collect()
}
