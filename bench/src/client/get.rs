//! DoGet.

use std::time::Instant;

use wingbeat::{Client, Ticket};

use super::run::{Job, Moved};
use crate::failure::Outcome;

/// Reads the workload to its end.
pub(super) async fn run(client: &Client, job: &Job) -> Outcome<Moved> {
    let mut stream = client.do_get(Ticket::new(job.workload.to_string())).await?;
    let (mut batches, mut rows, mut first_batch) = (0, 0, None);
    while let Some(batch) = stream.next_batch().await? {
        first_batch.get_or_insert_with(Instant::now);
        batches += 1;
        rows += batch.num_rows() as u64;
    }
    job.check(batches, rows)?;
    Ok(Moved { batches, first_batch })
}
