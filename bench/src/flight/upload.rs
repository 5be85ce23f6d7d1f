//! Writing a flight from a Parquet file.

use std::path::PathBuf;

use wingbeat::{Address, BatchStream, EncodeOptions, HeaderName, HeaderValue};

use super::descriptor::descriptor;
use crate::client::client;
use crate::failure::Outcome;
use crate::parquet::load;
use crate::report::Stopwatch;
use crate::workload::value_bytes;

/// Reads the file into memory, writes it as the flight as often as asked, and prints a line for
/// each run. What has the name already is replaced.
pub(crate) async fn upload(uri: &Address, path: &str, file: PathBuf, runs: u32) -> Outcome {
    let (schema, batches) = tokio::task::spawn_blocking(move || load(&file)).await??;
    let bytes = batches.iter().map(value_bytes).sum();
    let mode = (HeaderName::from_static("wingbeat-mode"), HeaderValue::from_static("replace"));
    let client = client(uri, EncodeOptions::default())?.with_header(mode.0, mode.1);
    // Connects. Whether the flight is there already does not matter.
    let _ = client.get_flight_info(descriptor(path)).await;
    for _ in 0..runs {
        let (client, flight) = (client.clone(), descriptor(path));
        let stream = BatchStream::from_batches(schema.clone(), batches.clone());
        let count = batches.len() as u64;
        let run = tokio::spawn(async move {
            let watch = Stopwatch::start();
            client.do_put(flight, stream).finish().await?;
            Ok::<_, wingbeat::Error>(watch.stop(bytes, count, None))
        });
        run.await??.print()?;
    }
    Ok(())
}
