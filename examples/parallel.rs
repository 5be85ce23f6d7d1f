//! Step four of four: parallel reading. The parts of a table lie on five servers, each part on two
//! of them, and one server is gone. `Client::read` asks where they lie, reads all of them at once,
//! each over a connection of its own, and takes the other copy where a server does not answer.
//!
//! `cargo run -p wingbeat-examples --bin parallel` starts all of them on free ports.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::sync::Arc;

use wingbeat::arrow::array::{AsArray as _, Int64Array, RecordBatch};
use wingbeat::arrow::datatypes::{Int64Type, SchemaRef};
use wingbeat::{
    BatchStream, CallContext, Client, FlightDescriptor, FlightEndpoint, FlightInfo, FlightService,
    Location, ReadOptions, ReadOrder, Result, Server, Ticket,
};

const PARTS: usize = 8;
const ROWS: i64 = 1000;

/// Has every part, though tickets lead to few of them.
struct Data;

impl FlightService for Data {
    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let nth: i64 = std::str::from_utf8(&ticket.ticket)?.parse()?;
        let numbers = Int64Array::from_iter_values(nth * ROWS..(nth + 1) * ROWS);
        let batch = RecordBatch::try_from_iter([("number", Arc::new(numbers) as _)])?;
        Ok(BatchStream::from_batches(batch.schema(), [batch]))
    }
}

/// Knows where the parts lie.
struct Metadata {
    schema: SchemaRef,
    servers: Vec<Location>,
}

impl FlightService for Metadata {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let mut info = FlightInfo::new(&self.schema).with_descriptor(descriptor);
        for nth in 0..PARTS {
            let copies = self.servers.iter().cycle().skip(nth).take(2).cloned();
            let endpoint = FlightEndpoint::new(Ticket::new(nth.to_string()));
            info = info.with_endpoint(copies.fold(endpoint, FlightEndpoint::with_location));
        }
        Ok(info)
    }
}

async fn use_servers(client: &Client) -> Result<()> {
    let numbers = FlightDescriptor::path(["numbers"]);
    // As they come, within 64 MiB whatever the size of the parts.
    let mut stream = client.read(numbers.clone()).await?;
    let (mut rows, mut sum) = (0, 0);
    while let Some(batch) = stream.next_batch().await? {
        rows += batch.num_rows();
        sum += batch.column(0).as_primitive::<Int64Type>().values().iter().sum::<i64>();
    }
    println!("read {rows} rows, their sum is {sum}");

    // In order, over two connections.
    let options = ReadOptions::default().with_connections(2).with_order(ReadOrder::Endpoints);
    let client = client.clone().with_read_options(options);
    let batches = client.read(numbers).await?.collect_batches().await?;
    let firsts = batches.iter().map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    println!("in order: {:?}", firsts.collect::<Vec<_>>());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut servers = Vec::new();
    let mut data = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let server = Server::bind("grpc://127.0.0.1:0").await?;
        servers.push(Location::new(server.local_addr().to_string()));
        data.spawn(server.serve(Data));
    }
    // A fifth that is gone: it was bound once, and nobody listens there now.
    let gone = Server::bind("grpc://127.0.0.1:0").await?;
    servers.push(Location::new(gone.local_addr().to_string()));
    drop(gone);

    let number =
        RecordBatch::try_from_iter([("number", Arc::new(Int64Array::from(vec![0])) as _)])?;
    let metadata = Server::bind("grpc://127.0.0.1:0").await?;
    let client = Client::new(metadata.local_addr().to_string())?;
    tokio::select! {
        served = metadata.serve(Metadata { schema: number.schema(), servers }) => served,
        used = use_servers(&client) => used,
    }
}
