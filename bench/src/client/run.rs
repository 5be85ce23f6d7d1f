//! The runs.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use wingbeat::{Client, EncodeOptions, FlightDescriptor};

use super::{connections::connect, exchange, get, put};
use crate::args;
use crate::failure::{Failure, Outcome};
use crate::report::{Line, Stopwatch};
use crate::workload::{Workload, value_bytes};

/// What one call is to move.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) workload: Workload,
    pub(super) batch: RecordBatch,
}

/// What one call has moved.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moved {
    pub(super) batches: u64,
    pub(super) first_batch: Option<Instant>,
}

impl Job {
    /// Checks what came against what was to come.
    pub(super) fn check(&self, batches: u64, rows: u64) -> Outcome {
        let expected = self.workload.batches;
        let expected_rows = expected * self.batch.num_rows() as u64;
        if (batches, rows) == (expected, expected_rows) {
            return Ok(());
        }
        Err(Failure::failed(format_args!(
            "{batches} batches of {rows} rows came, expected {expected} of {expected_rows}"
        )))
    }
}

/// Connects, then moves the workload as often as asked.
pub(crate) async fn run(args: args::ClientArgs) -> Outcome {
    let workload = args.workload;
    let mut clients = Vec::new();
    for _ in 0..args.connections {
        let flight = FlightDescriptor::path([workload.to_string()]);
        clients.push(connect(&args.uri, &flight, EncodeOptions::default()).await?);
    }
    let job = Job { workload, batch: workload.kind.batch() };
    for _ in 0..args.runs {
        once(&clients, &job, args.method, args.streams).await?.print()?;
    }
    Ok(())
}

/// One run of all calls at once.
async fn once(clients: &[Client], job: &Job, method: args::Method, streams: u32) -> Outcome<Line> {
    let watch = Stopwatch::start();
    let start = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for client in clients.iter().cycle().take(streams as usize) {
        let (client, job) = (client.clone(), job.clone());
        calls.spawn(async move {
            match method {
                args::Method::Get => get::run(&client, &job).await,
                args::Method::Put => put::run(&client, &job).await,
                args::Method::Exchange => exchange::run(&client, &job).await,
            }
        });
    }
    let mut batches = 0;
    let mut first_batch: Option<Duration> = None;
    while let Some(moved) = calls.join_next().await {
        let moved = moved??;
        batches += moved.batches;
        first_batch = first_batch.max(moved.first_batch.map(|at| at - start));
    }
    Ok(watch.stop(batches * value_bytes(&job.batch), batches, first_batch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_too_much_is_a_failure() {
        let workload: Workload = "tiny:3".parse().unwrap();
        let job = Job { workload, batch: workload.kind.batch() };
        assert!(job.check(3, 48).is_ok());
        assert!(job.check(2, 48).is_err());
        assert!(job.check(3, 47).is_err());
        assert!(job.check(4, 64).is_err());
    }
}
