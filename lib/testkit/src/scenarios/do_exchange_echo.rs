//! `do_exchange:echo`: each batch comes back, with its metadata if it has any, before the next is
//! sent.

use std::sync::Arc;

use wingbeat::arrow::array::{Int32Array, RecordBatch};
use wingbeat::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use wingbeat::{
    CallContext, Client, Error, Exchange, FlightDescriptor, FlightService, FlightStreamChunk,
    Result,
};

use super::check;

const COMMAND: &str = "echo";
const BATCHES: i32 = 4;
const ROWS: i32 = 10;

pub(super) struct Service;

impl FlightService for Service {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        match exchange.descriptor() {
            FlightDescriptor::Command(command) if command == COMMAND => {}
            FlightDescriptor::Command(_) => {
                return Err(Error::unimplemented("the only exchange is echo"));
            }
            _ => return Err(Error::invalid_argument("a descriptor by command is expected")),
        }
        let (mut sender, mut receiver) = exchange.split();
        if let Some(schema) = receiver.schema().await? {
            sender.start(schema).await?;
        }
        while let Some(chunk) = receiver.next().await? {
            sender.send(chunk).await?;
        }
        Ok(())
    }
}

fn batch(index: i32, schema: &SchemaRef) -> Result<RecordBatch> {
    let numbers = Int32Array::from_iter_values(index..index + ROWS);
    Ok(RecordBatch::try_new(schema.clone(), vec![Arc::new(numbers)])?)
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
    let exchange = client.do_exchange(FlightDescriptor::command(COMMAND));
    let (mut sender, mut receiver) = exchange.split();
    sender.start(schema.clone()).await?;
    for index in 0..BATCHES {
        let mut chunk = FlightStreamChunk::from(batch(index, &schema)?);
        if index % 2 == 0 {
            chunk = chunk.with_metadata(index.to_string());
        }
        sender.send(chunk.clone()).await?;
        let echo = receiver.next().await?;
        let echo = echo.ok_or_else(|| Error::internal("the exchange ended before its client"))?;
        check::equal("the echo's metadata", echo.app_metadata, chunk.app_metadata)?;
        let columns = echo.data.map(|batch| batch.columns().to_vec());
        check::equal("the echo", columns, chunk.data.map(|batch| batch.columns().to_vec()))?;
    }
    sender.finish();
    check::that(receiver.next().await?.is_none(), "there are more batches than were sent")
}
