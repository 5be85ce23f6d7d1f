//! DoExchange.

use wingbeat::{Client, ExchangeSender, FlightDescriptor};

use super::run::{Job, Moved};
use crate::failure::Outcome;

/// Sends the workload in one task, and reads it back in another.
pub(super) async fn run(client: &Client, job: &Job) -> Outcome<Moved> {
    let descriptor = FlightDescriptor::path([job.workload.to_string()]);
    let options = job.workload.kind.encode_options();
    let (sender, mut receiver) = client.do_exchange(descriptor).with_options(options).split();
    let sending = tokio::spawn(send(sender, job.clone()));
    let (mut batches, mut rows) = (0, 0);
    while let Some(batch) = receiver.next_batch().await? {
        batches += 1;
        rows += batch.num_rows() as u64;
    }
    sending.await??;
    job.check(batches, rows)?;
    // Both directions.
    Ok(Moved { batches: 2 * batches, first_batch: None })
}

async fn send(mut sender: ExchangeSender, job: Job) -> wingbeat::Result<()> {
    sender.start(job.batch.schema()).await?;
    for _ in 0..job.workload.batches {
        sender.send(job.batch.clone()).await?;
    }
    sender.finish();
    Ok(())
}
