//! The clients of the four scenarios.

use wingbeat::{CancelStatus, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo, Result};

use super::super::check;
use super::batch;

async fn info(client: &Client, command: &'static str) -> Result<FlightInfo> {
    client.get_flight_info(FlightDescriptor::command(command)).await
}

/// The first endpoint never expires, the others do.
pub(crate) async fn do_get(client: &Client) -> Result<()> {
    let info = info(client, "expiration_time").await?;
    let expires = |endpoint: &FlightEndpoint| endpoint.expiration_time.is_some();
    let expiring: Vec<bool> = info.endpoints.iter().map(expires).collect();
    check::equal("which endpoints expire", expiring, vec![false, true, true])?;
    let found = check::read(client, &info).await?;
    let columns = found.iter().map(|batch| batch.columns().to_vec());
    let expected = [batch(0)?, batch(1)?, batch(2)?].map(|batch| batch.columns().to_vec());
    check::equal("the data", columns.collect(), expected.to_vec())
}

pub(crate) async fn list_actions(client: &Client) -> Result<()> {
    let actions = client.list_actions().await?.collect().await?;
    let mut names: Vec<String> = actions.into_iter().map(|action| action.r#type).collect();
    names.sort();
    let expected = ["CancelFlightInfo", "RenewFlightEndpoint"].map(str::to_owned);
    check::equal("the actions", names, expected.to_vec())
}

pub(crate) async fn cancel_flight_info(client: &Client) -> Result<()> {
    let info = info(client, "expiration").await?;
    let result = client.cancel_flight_info(info.clone()).await?;
    check::equal("the status", result.status, CancelStatus::Cancelled)?;
    for endpoint in &info.endpoints {
        let read = match check::open(client, endpoint).await {
            Ok(mut stream) => stream.next_batch().await.err(),
            Err(error) => Some(error),
        };
        check::that(read.is_some(), "an endpoint of a cancelled flight can be read")?;
    }
    Ok(())
}

pub(crate) async fn renew_flight_endpoint(client: &Client) -> Result<()> {
    let info = info(client, "expiration").await?;
    let mut renewed = 0;
    for endpoint in info.endpoints {
        let Some(before) = endpoint.expiration_time else { continue };
        let after = client.renew_flight_endpoint(endpoint).await?.expiration_time;
        let after = after.ok_or_else(|| Error::internal("a renewed endpoint never expires"))?;
        check::that(after > before, format!("renewed from {before:?} to {after:?}"))?;
        renewed += 1;
    }
    check::that(renewed > 0, "there is no endpoint that expires")
}
