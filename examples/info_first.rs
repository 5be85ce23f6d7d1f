//! Step two of four: the client asks GetFlightInfo first, and redeems the ticket that it is given.
//! What a ticket says is the server's business alone: here it names a version of the table, so that
//! a reader gets the table that it has asked about, even when it was replaced meanwhile.
//!
//! `cargo run -p wingbeat-examples --bin info_first` starts the store on a free port and uses it.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wingbeat::arrow::array::{Int64Array, RecordBatch};
use wingbeat::arrow::datatypes::SchemaRef;
use wingbeat::{
    BatchStream, CallContext, Client, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, Result, Server, Ticket, Upload,
};

struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// All versions of all tables by their keys; the last one is the table as it is.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, Vec<Arc<Table>>>>);

impl Store {
    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Arc<Table>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table of a ticket, which is `VERSION KEY`.
    fn redeem(&self, ticket: &Ticket) -> Option<Arc<Table>> {
        let (version, key) = std::str::from_utf8(&ticket.ticket).ok()?.split_once(' ')?;
        self.tables().get(key)?.get(version.parse::<usize>().ok()?).cloned()
    }
}

fn key(descriptor: &FlightDescriptor) -> Result<String> {
    match descriptor {
        FlightDescriptor::Path(path) => Ok(path.join("/")),
        _ => Err(Error::invalid_argument("expected a path descriptor, the key")),
    }
}

impl FlightService for Store {
    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let key = key(upload.descriptor())?;
        let schema = upload.schema().await?;
        let mut batches = Vec::new();
        while let Some(batch) = upload.next_batch().await? {
            batches.push(batch);
        }
        self.tables().entry(key).or_default().push(Arc::new(Table { schema, batches }));
        Ok(())
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let key = key(&descriptor)?;
        let tables = self.tables();
        let versions = tables.get(&key).map_or(&[][..], Vec::as_slice);
        let Some((table, older)) = versions.split_last() else {
            return Err(Error::not_found(format!("no table has the key {key:?}")));
        };
        let rows: usize = table.batches.iter().map(RecordBatch::num_rows).sum();
        let ticket = Ticket::new(format!("{} {key}", older.len()));
        Ok(FlightInfo::new(&table.schema)
            .with_descriptor(descriptor)
            .with_endpoint(FlightEndpoint::new(ticket))
            .with_total_records(rows as i64))
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let table = self.redeem(&ticket).ok_or_else(|| Error::not_found("no such ticket"))?;
        Ok(BatchStream::from_batches(table.schema.clone(), table.batches.clone()))
    }
}

fn numbers(count: i64) -> Result<RecordBatch> {
    let numbers = Int64Array::from_iter_values(0..count);
    Ok(RecordBatch::try_from_iter([("number", Arc::new(numbers) as _)])?)
}

async fn put(client: &Client, count: i64) -> Result<()> {
    let batch = numbers(count)?;
    let upload = BatchStream::from_batches(batch.schema(), [batch]);
    client.do_put(FlightDescriptor::path(["numbers"]), upload).finish().await?;
    Ok(())
}

async fn use_store(client: &Client) -> Result<()> {
    put(client, 1000).await?;
    let info = client.get_flight_info(FlightDescriptor::path(["numbers"])).await?;
    println!("before: {} rows in {} endpoint", info.total_records, info.endpoints.len());

    put(client, 5).await?;
    for endpoint in info.endpoints {
        let ticket = endpoint.ticket.unwrap_or_default();
        let batches = client.do_get(ticket).await?.collect_batches().await?;
        println!("the ticket: {} rows", batches.iter().map(RecordBatch::num_rows).sum::<usize>());
    }
    // Both calls in one line; steps three and four show what else it does.
    let now = client.read(FlightDescriptor::path(["numbers"])).await?.collect_batches().await?;
    println!("now: {} rows", now.iter().map(RecordBatch::num_rows).sum::<usize>());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::bind("grpc://127.0.0.1:0").await?;
    let client = Client::new(server.local_addr().to_string())?;
    tokio::select! {
        served = server.serve(Store::default()) => served,
        used = use_store(&client) => used,
    }
}
