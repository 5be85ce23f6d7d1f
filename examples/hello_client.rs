//! The smallest client: reads a stream by its ticket, batch by batch.
//!
//! `cargo run -p wingbeat-examples --bin hello_client [grpc://HOST:PORT]`
#![expect(clippy::print_stdout, reason = "an example talks")]

use wingbeat::arrow::array::AsArray as _;
use wingbeat::arrow::datatypes::Int64Type;
use wingbeat::{Client, Result, Ticket};

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let client = Client::new(address.as_deref().unwrap_or("grpc://127.0.0.1:8815"))?;
    let mut geese = client.do_get(Ticket::new("geese")).await?;
    while let Some(batch) = geese.next_batch().await? {
        let names = batch.column(0).as_string::<i32>();
        let wingbeats = batch.column(1).as_primitive::<Int64Type>();
        for (name, wingbeats) in names.iter().zip(wingbeats) {
            println!("{}: {}", name.unwrap_or("?"), wingbeats.unwrap_or(0));
        }
    }
    Ok(())
}
