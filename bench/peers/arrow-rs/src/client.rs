//! `client`: moves a workload, and prints a line for each run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{FlightClient, FlightDescriptor, Ticket};
use futures::stream::TryStreamExt;
use rustix::time::{ClockId, clock_gettime};
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::Error;
use crate::args::{self, Method};
use crate::workload::{Workload, value_bytes};

/// A connection that has carried one GetFlightInfo.
pub(crate) async fn connect(uri: &str) -> Result<Channel, Error> {
    let endpoint = match uri.strip_prefix("grpc+unix://") {
        Some(path) => format!("unix://{path}"),
        None => format!("http://{}", uri.split_once("://").ok_or("no address")?.1),
    };
    let channel = Endpoint::from_shared(endpoint)?.connect().await?;
    client(channel.clone()).get_flight_info(FlightDescriptor::new_path(vec!["x".into()])).await?;
    Ok(channel)
}

/// A client that takes messages of any size.
pub(crate) fn client(channel: Channel) -> FlightClient {
    let inner = FlightServiceClient::new(channel)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    FlightClient::new_from_inner(inner)
}

/// Connects, then moves the workload as often as asked.
pub(crate) async fn run(args: args::Client) -> Result<(), Error> {
    let workload = Workload::parse(&args.workload)?;
    let batch = workload.batch()?;
    let job = Arc::new(Job { method: args.method, workload, batch });
    let mut channels = Vec::new();
    for _ in 0..args.connections {
        channels.push(connect(&args.uri).await?);
    }
    for _ in 0..args.runs {
        once(&channels, args.streams, &job).await?;
    }
    Ok(())
}

/// One run of all calls at once.
async fn once(channels: &[Channel], streams: u32, job: &Arc<Job>) -> Result<(), Error> {
    let cpu = cpu_time();
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for channel in channels.iter().cycle().take(streams as usize) {
        let (client, job) = (client(channel.clone()), Arc::clone(job));
        calls.spawn(async move { job.call(client).await });
    }
    let mut batches = 0;
    let mut first_batch: Option<Duration> = None;
    while let Some(moved) = calls.join_next().await {
        let moved = moved??;
        batches += moved.batches;
        first_batch = first_batch.max(moved.first_batch.map(|at| at - start));
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = (cpu_time() - cpu).as_secs_f64();

    let bytes = batches * value_bytes(&job.batch);
    let first_batch = first_batch.map_or_else(String::new, |first| {
        format!(" first_batch_ms={:.3}", first.as_secs_f64() * 1e3)
    });
    println!(
        "bytes={bytes} batches={batches} seconds={seconds:.6} GB/s={:.3} batches/s={:.1}\
         {first_batch} cpu_seconds={cpu_seconds:.3}",
        bytes as f64 / 1e9 / seconds,
        batches as f64 / seconds,
    );
    Ok(())
}

/// What all threads have used so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// What one call is to move.
struct Job {
    method: Method,
    workload: Workload,
    batch: RecordBatch,
}

/// What one call has moved.
struct Moved {
    batches: u64,
    first_batch: Option<Instant>,
}

impl Job {
    async fn call(&self, client: FlightClient) -> Result<Moved, Error> {
        match self.method {
            Method::Get => self.get(client).await,
            Method::Put => self.put(client).await,
            Method::Exchange => self.exchange(client).await,
        }
    }

    async fn get(&self, mut client: FlightClient) -> Result<Moved, Error> {
        let name = format!("{}:{}", self.workload.name(), self.workload.batches);
        let stream = client.do_get(Ticket::new(name)).await?;
        self.read(stream).await
    }

    async fn put(&self, mut client: FlightClient) -> Result<Moved, Error> {
        let batches = self.workload.repeat(self.batch.clone());
        let messages = self.workload.encode(Some(self.workload.descriptor()), batches)?;
        let mut answers = client.do_put(messages).await?;
        let mut answer = None;
        while let Some(result) = answers.try_next().await? {
            answer = Some(result.app_metadata);
        }
        let batches = self.workload.batches;
        if answer.as_deref() != Some(batches.to_string().as_bytes()) {
            return Err(format!("the server answers {answer:?}, expected {batches}").into());
        }
        Ok(Moved { batches, first_batch: None })
    }

    /// The connection's task polls what is sent, this one reads.
    async fn exchange(&self, mut client: FlightClient) -> Result<Moved, Error> {
        let batches = self.workload.repeat(self.batch.clone());
        let messages = self.workload.encode(Some(self.workload.descriptor()), batches)?;
        let stream = client.do_exchange(messages).await?;
        let moved = self.read(stream).await?;
        // Both directions.
        Ok(Moved { batches: 2 * moved.batches, first_batch: None })
    }

    /// Reads to the end, values untouched.
    async fn read(&self, mut stream: FlightRecordBatchStream) -> Result<Moved, Error> {
        let (mut batches, mut rows, mut first_batch) = (0, 0, None);
        while let Some(batch) = stream.try_next().await? {
            first_batch.get_or_insert_with(Instant::now);
            batches += 1;
            rows += batch.num_rows() as u64;
        }
        let expected = self.workload.batches;
        let expected_rows = expected * self.batch.num_rows() as u64;
        if (batches, rows) != (expected, expected_rows) {
            return Err(format!(
                "{batches} batches of {rows} rows came, expected {expected} of {expected_rows}"
            )
            .into());
        }
        Ok(Moved { batches, first_batch })
    }
}
