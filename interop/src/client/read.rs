//! DoGet.

use std::path::Path;

use serde_json::json;
use wingbeat::{Action, Client, Result, Ticket};

use crate::files;
use crate::report::{Report, text};

/// Reads the whole stream into a file; reports the metadata on the way.
pub(super) async fn get(client: Client, ticket: String, out: &Path) -> Result<Report> {
    let mut stream = client.do_get(Ticket::new(ticket)).await?;
    let mut file = files::Writer::create(out, stream.schema())?;
    let (mut batches, mut metadata) = (0, Vec::new());
    while let Some(chunk) = stream.next().await? {
        metadata.extend(chunk.app_metadata.as_deref().map(text));
        if let Some(batch) = chunk.data {
            batches += 1;
            file.write(&batch)?;
        }
    }
    file.finish()?;
    Ok(json!({"batches": batches, "app_metadata": metadata}))
}

/// Reads some chunks, drops the stream, and asks over the same connection until the server has
/// counted one call more that was given up.
pub(super) async fn give_up(
    client: Client,
    ticket: String,
    chunks: usize,
    cancelled_before: u64,
) -> Result<Report> {
    let mut stream = client.do_get(Ticket::new(ticket)).await?;
    let mut seen = 0;
    while seen < chunks && stream.next().await?.is_some() {
        seen += 1;
    }
    drop(stream);
    loop {
        let mut results = client.do_action(Action::new("cancelled", "")).await?;
        let answer = results.next().await?.map(|result| text(&result.body)).unwrap_or_default();
        if answer.parse::<u64>()? > cancelled_before {
            return Ok(json!({"chunks": seen}));
        }
        // The server is another process: nothing here can be waited for.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
