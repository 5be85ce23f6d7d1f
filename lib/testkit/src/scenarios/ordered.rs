//! `ordered`: a flight whose endpoints are to be read in order.

use std::sync::Arc;

use wingbeat::arrow::array::{Int32Array, RecordBatch};
use wingbeat::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use wingbeat::{
    BatchStream, CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, Result, Ticket,
};

use super::check;

const COMMAND: &str = "ordered";

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("number", DataType::Int32, false)]))
}

fn batch(numbers: [i32; 3]) -> Result<RecordBatch> {
    let numbers = Int32Array::from(numbers.to_vec());
    Ok(RecordBatch::try_new(schema(), vec![Arc::new(numbers)])?)
}

pub(super) struct Service;

impl FlightService for Service {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let ordered = descriptor == FlightDescriptor::command(COMMAND);
        let tickets = if ordered { ["1", "2", "3"] } else { ["1", "3", "2"] };
        let info = FlightInfo::new(&schema()).with_descriptor(descriptor).with_ordered(ordered);
        let endpoints = tickets.map(|ticket| FlightEndpoint::new(Ticket::new(ticket)));
        Ok(endpoints.into_iter().fold(info, FlightInfo::with_endpoint))
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let numbers = match &ticket.ticket[..] {
            b"1" => [1, 2, 3],
            b"2" => [10, 20, 30],
            b"3" => [100, 200, 300],
            _ => return Err(Error::not_found("there is no such ticket")),
        };
        Ok(BatchStream::from_batches(schema(), [batch(numbers)?]))
    }
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let descriptor = FlightDescriptor::command(COMMAND);
    let info = client.get_flight_info(descriptor.clone()).await?;
    check::equal("ordered", info.ordered, true)?;
    let expected = [batch([1, 2, 3])?, batch([10, 20, 30])?, batch([100, 200, 300])?];
    same_numbers(&check::read(client, &info).await?, &expected)?;
    // Again, as most would read it.
    same_numbers(&client.read(descriptor).await?.collect_batches().await?, &expected)
}

/// Other implementations may call the field nullable.
fn same_numbers(found: &[RecordBatch], expected: &[RecordBatch]) -> Result<()> {
    let columns = |batches: &[RecordBatch]| -> Vec<_> {
        batches.iter().map(|batch| batch.columns().to_vec()).collect()
    };
    check::equal("the data", columns(found), columns(expected))
}
