//! DoExchange: the commands `echo`, `count` and `refused`.

use wingbeat::{Error, Exchange, FlightDescriptor, FlightStreamChunk, Result};

/// Runs the exchange that the descriptor names.
pub(super) async fn answer(exchange: Exchange) -> Result<()> {
    let FlightDescriptor::Command(command) = exchange.descriptor().clone() else {
        return Err(Error::invalid_argument("an exchange without a command"));
    };
    match command.as_ref() {
        b"echo" => echo(exchange).await,
        b"count" => count(exchange).await,
        b"refused" => Err(Error::permission_denied("refused, as asked")),
        _ => Err(Error::unimplemented("an exchange of another kind")),
    }
}

/// Sends everything back as it comes; the schema as late as possible, but always.
async fn echo(exchange: Exchange) -> Result<()> {
    let (mut sender, mut receiver) = exchange.split();
    let mut started = false;
    while let Some(chunk) = receiver.next().await? {
        started |= chunk.data.is_some();
        sender.send(chunk).await?;
    }
    if !started && let Some(schema) = receiver.schema().await? {
        sender.start(schema).await?;
    }
    sender.finish();
    Ok(())
}

/// Answers with the number of messages, and with no schema at all.
async fn count(exchange: Exchange) -> Result<()> {
    let (mut sender, mut receiver) = exchange.split();
    let mut count = 0;
    while receiver.next().await?.is_some() {
        count += 1;
    }
    sender.send(FlightStreamChunk::metadata(count.to_string())).await?;
    sender.finish();
    Ok(())
}
