//! A key-value store of tables, which shows most of Flight on two screens: DoPut writes, DoGet
//! reads with a ticket that the client makes itself, ListFlights shows what is there, and an
//! action deletes.
//!
//! `cargo run -p wingbeat-examples --bin key_value` starts the store on a free port and uses it.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wingbeat::arrow::array::{Int64Array, RecordBatch};
use wingbeat::arrow::datatypes::SchemaRef;
use wingbeat::{
    Action, ActionResult, ActionType, BatchStream, CallContext, Client, Criteria, Error,
    FlightDescriptor, FlightEndpoint, FlightInfo, FlightService, ReplyStream, Result, Server,
    Ticket, Upload,
};

const DELETE: &str = "delete";

#[derive(Clone)]
struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Tables by their keys. A ticket is a key.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, Table>>);

impl Store {
    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Table>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn info(key: &str, table: &Table) -> FlightInfo {
        let rows: usize = table.batches.iter().map(RecordBatch::num_rows).sum();
        FlightInfo::new(&table.schema)
            .with_descriptor(FlightDescriptor::path([key]))
            .with_endpoint(FlightEndpoint::new(Ticket::new(key.to_owned())))
            .with_total_records(rows as i64)
    }
}

/// The key in the bytes of a ticket or an action.
fn key(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::invalid_argument("a key is UTF-8 text"))
}

fn unknown(key: &str) -> Error {
    Error::not_found(format!("no table has the key {key:?}"))
}

impl FlightService for Store {
    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let FlightDescriptor::Path(path) = upload.descriptor().clone() else {
            return Err(Error::invalid_argument("expected a path descriptor, the key"));
        };
        let schema = upload.schema().await?;
        let mut batches = Vec::new();
        while let Some(batch) = upload.next_batch().await? {
            batches.push(batch);
        }
        // Only now: an upload that breaks off has left this method with an error.
        self.tables().insert(path.join("/"), Table { schema, batches });
        Ok(())
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let key = key(&ticket.ticket)?;
        let table = self.tables().get(key).cloned().ok_or_else(|| unknown(key))?;
        Ok(BatchStream::from_batches(table.schema, table.batches))
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let FlightDescriptor::Path(path) = descriptor else {
            return Err(Error::invalid_argument("expected a path descriptor, the key"));
        };
        let key = path.join("/");
        self.tables().get(&key).map(|table| Self::info(&key, table)).ok_or_else(|| unknown(&key))
    }

    async fn list_flights(
        &self,
        _cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let prefix = key(&criteria.expression)?;
        let tables = self.tables();
        let matching = tables.iter().filter(|(key, _)| key.starts_with(prefix));
        let infos: Vec<_> = matching.map(|(key, table)| Self::info(key, table)).collect();
        Ok(ReplyStream::from_iter(infos))
    }

    async fn do_action(
        &self,
        _cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        if action.r#type != DELETE {
            return Err(Error::unimplemented(format!("unknown action {:?}", action.r#type)));
        }
        let key = key(&action.body)?;
        self.tables().remove(key).ok_or_else(|| unknown(key))?;
        Ok(ReplyStream::empty())
    }
}

async fn use_store(client: &Client) -> Result<()> {
    let numbers = Int64Array::from_iter_values(0..1000);
    let batch = RecordBatch::try_from_iter([("number", Arc::new(numbers) as _)])?;

    for key in ["numbers", "more numbers"] {
        let upload = BatchStream::from_batches(batch.schema(), [batch.clone(), batch.clone()]);
        client.do_put(FlightDescriptor::path([key]), upload).finish().await?;
        println!("wrote {key:?}");
    }
    let mut flights = client.list_flights(Criteria::default()).await?;
    while let Some(info) = flights.next().await? {
        println!("found {:?}, {} rows", info.flight_descriptor, info.total_records);
    }
    let batches = client.do_get(Ticket::new("numbers")).await?.collect_batches().await?;
    println!("read {} rows", batches.iter().map(RecordBatch::num_rows).sum::<usize>());

    client.do_action(Action::new(DELETE, "numbers")).await?.collect().await?;
    if let Err(error) = client.do_get(Ticket::new("numbers")).await {
        println!("deleted: {error}");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::bind("grpc://127.0.0.1:0").await?;
    let server = server.actions([ActionType::new(DELETE, "deletes the table of a key")]);
    let client = Client::new(server.local_addr().to_string())?;
    tokio::select! {
        served = server.serve(Store::default()) => served,
        used = use_store(&client) => used,
    }
}
