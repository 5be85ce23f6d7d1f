//! DoPut.

use std::iter::repeat_n;

use wingbeat::{BatchStream, Client, FlightDescriptor};

use super::run::{Job, Moved};
use crate::failure::{Failure, Outcome};

/// Sends the workload, and waits for the server's answer and status.
pub(super) async fn run(client: &Client, job: &Job) -> Outcome<Moved> {
    let batches = job.workload.batches;
    let count = usize::try_from(batches).unwrap_or(usize::MAX);
    let descriptor = FlightDescriptor::path([job.workload.to_string()]);
    let sent = BatchStream::from_batches(job.batch.schema(), repeat_n(job.batch.clone(), count))
        .with_options(job.workload.kind.encode_options());
    let answer = client.do_put(descriptor, sent).finish().await?;
    let answer = answer.map(|answer| answer.app_metadata).unwrap_or_default();
    if answer != batches.to_string().as_bytes() {
        return Err(Failure::failed(format_args!(
            "the server answers {:?}, expected {batches} batches",
            String::from_utf8_lossy(&answer)
        )));
    }
    Ok(Moved { batches, first_batch: None })
}
