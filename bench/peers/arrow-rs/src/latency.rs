//! `latency`: times small calls, one after another on one connection.

use std::time::Instant;

use arrow_flight::{FlightClient, FlightDescriptor, Ticket};
use futures::stream::TryStreamExt;

use crate::Error;
use crate::client::{client, connect};

/// Prints the median and the 99th percentile of GetFlightInfo, and of a DoGet of one row.
pub(crate) async fn run(uri: &str, calls: u32) -> Result<(), Error> {
    let mut client = client(connect(uri).await?);
    measure("get_flight_info", calls, async || {
        client.get_flight_info(FlightDescriptor::new_path(vec!["x".into()])).await?;
        Ok(())
    })
    .await?;
    measure("do_get", calls, async || read_one(&mut client).await).await
}

async fn read_one(client: &mut FlightClient) -> Result<(), Error> {
    let mut stream = client.do_get(Ticket::new("one")).await?;
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        rows += batch.num_rows();
    }
    if rows == 1 { Ok(()) } else { Err(format!("{rows} rows came, expected 1").into()) }
}

async fn measure(
    name: &str,
    calls: u32,
    mut call: impl AsyncFnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 0..calls.min(100) {
        call().await?;
    }
    let mut micros = Vec::new();
    for _ in 0..calls {
        let start = Instant::now();
        call().await?;
        micros.push(start.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    let percentile = |p: usize| micros[(micros.len() - 1) * p / 100];
    println!("{name} calls={calls} p50_us={:.1} p99_us={:.1}", percentile(50), percentile(99));
    Ok(())
}
