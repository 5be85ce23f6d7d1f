//! Step three of four: metadata and data as separate services. One server knows where everything
//! lies and holds nothing; others hold a part each, and know nothing of the rest. A client follows
//! the endpoints, here by hand and one after the other.
//!
//! `cargo run -p wingbeat-examples --bin data_servers` starts all of them on free ports.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::sync::Arc;

use wingbeat::arrow::array::{Int64Array, RecordBatch};
use wingbeat::{
    BatchStream, CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, Location, Result, Server, Ticket,
};

const DATA_SERVERS: i64 = 3;
const ROWS: i64 = 1000;

/// Holds one part of the numbers.
struct Data {
    part: RecordBatch,
}

impl FlightService for Data {
    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        if ticket.ticket != "numbers" {
            return Err(Error::not_found("nothing else is here"));
        }
        Ok(BatchStream::from_batches(self.part.schema(), [self.part.clone()]))
    }
}

/// Knows where the parts lie.
struct Metadata {
    info: FlightInfo,
}

impl FlightService for Metadata {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        if descriptor != FlightDescriptor::path(["numbers"]) {
            return Err(Error::not_found("only the numbers are here"));
        }
        Ok(self.info.clone().with_descriptor(descriptor))
    }
}

fn part(nth: i64) -> Result<RecordBatch> {
    let numbers = Int64Array::from_iter_values(nth * ROWS..(nth + 1) * ROWS);
    Ok(RecordBatch::try_from_iter([("number", Arc::new(numbers) as _)])?)
}

async fn use_servers(client: &Client) -> Result<()> {
    let info = client.get_flight_info(FlightDescriptor::path(["numbers"])).await?;
    println!("{} rows lie on {} servers", info.total_records, info.endpoints.len());
    for endpoint in info.endpoints {
        // A program that asks servers of others would look at where it is sent; `read` does.
        let [location, ..] = endpoint.locations.as_slice() else { continue };
        let data = Client::new(&location.uri)?;
        let ticket = endpoint.ticket.unwrap_or_default();
        let batches = data.do_get(ticket).await?.collect_batches().await?;
        println!("read {} rows", batches.iter().map(RecordBatch::num_rows).sum::<usize>());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut info = FlightInfo::new(&part(0)?.schema()).with_total_records(DATA_SERVERS * ROWS);
    let mut data = tokio::task::JoinSet::new();
    for nth in 0..DATA_SERVERS {
        let server = Server::bind("grpc://127.0.0.1:0").await?;
        let location = Location::new(server.local_addr().to_string());
        info =
            info.with_endpoint(FlightEndpoint::new(Ticket::new("numbers")).with_location(location));
        data.spawn(server.serve(Data { part: part(nth)? }));
    }
    let metadata = Server::bind("grpc://127.0.0.1:0").await?;
    let client = Client::new(metadata.local_addr().to_string())?;
    tokio::select! {
        served = metadata.serve(Metadata { info }) => served,
        used = use_servers(&client) => used,
    }
}
