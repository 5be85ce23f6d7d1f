//! `poll_flight_info`: a query that is complete when it is asked for again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wingbeat::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use wingbeat::{
    CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo, FlightService,
    PollInfo, Result, Ticket,
};

use super::check;

const QUERY: &str = "heavy query";
const AGAIN: &str = "poll";
const LIFETIME: Duration = Duration::from_secs(10);

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("number", DataType::UInt32, false)]))
}

pub(super) struct Service;

impl FlightService for Service {
    async fn poll_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        let endpoint = FlightEndpoint::new(Ticket::new("long-running query"));
        let info = FlightInfo::new(&schema()).with_descriptor(descriptor.clone());
        let info = info.with_endpoint(endpoint);
        if descriptor == FlightDescriptor::command(AGAIN) {
            return Ok(PollInfo::complete(info));
        }
        Ok(PollInfo::running(info, FlightDescriptor::command(AGAIN))
            .with_progress(0.1)
            .with_expiration_time(SystemTime::now() + LIFETIME))
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let mut query = client.poll(FlightDescriptor::command(QUERY));
    let running = query.next().await?.ok_or_else(no_answer)?;
    check::that(running.info.is_some(), "the running query has no info")?;
    check::that(!running.is_complete(), "the query is complete at once")?;
    let progress = running.progress.ok_or_else(|| Error::internal("there is no progress"))?;
    check::that((0.0..=1.0).contains(&progress), format!("the progress is {progress}"))?;
    check::that(running.expiration_time.is_some(), "the running query never expires")?;

    let complete = query.next().await?.ok_or_else(no_answer)?;
    check::that(complete.info.is_some(), "the complete query has no info")?;
    check::equal("the descriptor after the end", complete.flight_descriptor.as_ref(), None)?;
    check::equal("the progress", complete.progress, Some(1.0))?;
    check::equal("the expiration time", complete.expiration_time, None)?;
    check::that(query.next().await?.is_none(), "the query goes on after its end")
}

fn no_answer() -> Error {
    Error::internal("the query ended without an answer")
}
