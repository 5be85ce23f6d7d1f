//! DoPut and DoExchange.

use std::path::Path;

use arrow_array::RecordBatch;
use futures_util::stream;
use serde_json::json;
use wingbeat::{
    BatchStream, Client, Error, ExchangeReceiver, ExchangeSender, FlightDescriptor,
    FlightStreamChunk, Result,
};

use super::Encoding;
use crate::files;
use crate::report::{Report, text};

/// Uploads a file; reports what the server acknowledged.
pub(super) async fn put(
    client: Client,
    name: String,
    file: &Path,
    how: &Encoding,
) -> Result<Report> {
    let (schema, batches) = files::read(file)?;
    let chunks = chunks(batches, how.metadata).map(Ok::<_, Error>);
    let stream = BatchStream::from_stream(schema, stream::iter(chunks));
    let stream = stream.with_options(how.options());
    let mut results = client.do_put(FlightDescriptor::path([name]), stream);
    let mut acks = Vec::new();
    while let Some(result) = results.next().await? {
        acks.push(text(&result.app_metadata));
    }
    Ok(json!({"acks": acks}))
}

/// Sends a file and writes what comes back to another.
pub(super) async fn exchange(
    client: Client,
    command: String,
    file: &Path,
    out: &Path,
    how: &Encoding,
) -> Result<Report> {
    let (schema, batches) = files::read(file)?;
    let exchange = client.do_exchange(FlightDescriptor::command(command));
    let (mut sender, receiver) = exchange.split();
    let chunks = chunks(batches, how.metadata).collect::<Vec<_>>();
    let send = async move {
        sender.start(schema).await?;
        for chunk in chunks {
            sender.send(chunk).await?;
        }
        sender.finish();
        Ok(())
    };
    let (sent, metadata) = tokio::join!(send, receive(receiver, out));
    let metadata = metadata?;
    sent.map(|()| json!({"app_metadata": metadata}))
}

async fn receive(mut receiver: ExchangeReceiver, out: &Path) -> Result<Vec<String>> {
    let schema = receiver.schema().await?.ok_or_else(|| Error::internal("no schema came back"))?;
    let mut file = files::Writer::create(out, &schema)?;
    let mut metadata = Vec::new();
    while let Some(chunk) = receiver.next().await? {
        metadata.extend(chunk.app_metadata.as_deref().map(text));
        if let Some(batch) = chunk.data {
            file.write(&batch)?;
        }
    }
    file.finish()?;
    Ok(metadata)
}

/// Sends metadata alone, and reads metadata alone.
pub(super) async fn count(client: Client, messages: usize) -> Result<Report> {
    let exchange = client.do_exchange(FlightDescriptor::command("count"));
    let (sender, mut receiver) = exchange.split();
    send_metadata(sender, messages).await?;
    let mut metadata = Vec::new();
    while let Some(chunk) = receiver.next().await? {
        metadata.extend(chunk.app_metadata.as_deref().map(text));
    }
    Ok(json!({"app_metadata": metadata}))
}

async fn send_metadata(mut sender: ExchangeSender, messages: usize) -> Result<()> {
    for _ in 0..messages {
        sender.send(FlightStreamChunk::metadata("x")).await?;
    }
    sender.finish();
    Ok(())
}

/// The batches as chunks; with metadata, one without data leads and each batch has its number.
fn chunks(
    batches: Vec<RecordBatch>,
    metadata: bool,
) -> impl Iterator<Item = FlightStreamChunk> + Send {
    let first = metadata.then(|| FlightStreamChunk::metadata("alone"));
    let rest = batches.into_iter().enumerate().map(move |(index, batch)| {
        let chunk = FlightStreamChunk::from(batch);
        if metadata { chunk.with_metadata(index.to_string()) } else { chunk }
    });
    first.into_iter().chain(rest)
}
