//! Reading a flight, whatever it is.

use wingbeat::{Address, EncodeOptions};

use super::descriptor::descriptor;
use crate::client::connect;
use crate::failure::Outcome;
use crate::report::Stopwatch;
use crate::workload::value_bytes;

/// Asks how the flight is read, reads all of its endpoints, and prints a line for each run.
pub(crate) async fn fetch(uri: &Address, path: &str, runs: u32) -> Outcome {
    let client = connect(uri, &descriptor(path), EncodeOptions::default()).await?;
    for _ in 0..runs {
        let client = client.clone();
        let flight = descriptor(path);
        // On a thread of the runtime, as the calls of `client`.
        let run = tokio::spawn(async move {
            let watch = Stopwatch::start();
            let mut stream = client.read(flight).await?;
            let (mut bytes, mut batches, mut first) = (0, 0, None);
            while let Some(batch) = stream.next_batch().await? {
                first.get_or_insert_with(|| watch.elapsed());
                bytes += value_bytes(&batch);
                batches += 1;
            }
            Ok::<_, wingbeat::Error>(watch.stop(bytes, batches, first))
        });
        run.await??.print()?;
    }
    Ok(())
}
