//! What the clients of several scenarios do and check.

use std::fmt::Debug;

use wingbeat::arrow::array::RecordBatch;
use wingbeat::{BatchStream, Client, Error, FlightEndpoint, FlightInfo, Result};

/// Fails unless `found` is what was expected.
pub(super) fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::internal(format!("{what} is {found:?}, expected {expected:?}")))
}

/// Fails with that text unless it holds.
pub(super) fn that(holds: bool, text: impl Into<String>) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::internal(text.into())) }
}

/// The only one of several.
pub(super) fn only<'a, T>(what: &str, items: &'a [T]) -> Result<&'a T> {
    match items {
        [one] => Ok(one),
        _ => Err(Error::internal(format!("there are {} {what}, expected one", items.len()))),
    }
}

/// The batches of a flight whose endpoints lie on this server, by endpoint.
pub(super) async fn read(client: &Client, info: &FlightInfo) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for endpoint in &info.endpoints {
        batches.append(&mut open(client, endpoint).await?.collect_batches().await?);
    }
    Ok(batches)
}

/// The data of an endpoint that lies on this server.
pub(super) async fn open(client: &Client, endpoint: &FlightEndpoint) -> Result<BatchStream> {
    that(endpoint.locations.is_empty(), "an endpoint has locations, expected none")?;
    let ticket = endpoint.ticket.clone();
    let ticket = ticket.ok_or_else(|| Error::internal("an endpoint has no ticket"))?;
    client.do_get(ticket).await
}
