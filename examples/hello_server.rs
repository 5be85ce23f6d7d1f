//! The smallest server: one flight, one method. Read it with `hello_client`, or with pyarrow.
//!
//! `cargo run -p wingbeat-examples --bin hello_server [grpc://HOST:PORT]`
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::sync::Arc;

use wingbeat::arrow::array::{Int64Array, RecordBatch, StringArray};
use wingbeat::{BatchStream, CallContext, FlightService, Result, Server, Ticket};

struct Geese(RecordBatch);

impl FlightService for Geese {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        Ok(BatchStream::from_batches(self.0.schema(), [self.0.clone()]))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let names = StringArray::from(vec!["Akka", "Martin", "Dunfin"]);
    let wingbeats = Int64Array::from(vec![264, 251, 270]);
    let batch = RecordBatch::try_from_iter([
        ("name", Arc::new(names) as _),
        ("wingbeats_a_minute", Arc::new(wingbeats) as _),
    ])?;

    let address = std::env::args().nth(1);
    let server = Server::bind(address.as_deref().unwrap_or("grpc://127.0.0.1:8815")).await?;
    println!("listening on {}", server.local_addr());
    server.serve(Geese(batch)).await
}
