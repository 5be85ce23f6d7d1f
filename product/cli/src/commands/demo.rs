//! `wingbeat demo`: TPC-H lineitem through a real server and back, timed beside raw TCP.

mod compare;
mod lineitem;
mod loopback;
mod memory;
mod report;
mod server_process;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use wingbeat::{BatchStream, Client, Criteria, FlightDescriptor};

use self::compare::Comparison;
use self::report::{Line, Report};
use self::server_process::ServerProcess;
use crate::args::DemoArgs;
use crate::exit::{Failure, Outcome};
use crate::progress::{Progress, say};

const FLIGHT: &str = "lineitem";

/// Rows and bytes of Arrow data that went through a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Volume {
    rows: u64,
    bytes: u64,
}

impl Volume {
    fn add(&mut self, batch: &arrow_array::RecordBatch) {
        self.rows += batch.num_rows() as u64;
        self.bytes += wingbeat::body_len(batch) as u64;
    }
}

pub(super) async fn run(args: DemoArgs) -> Outcome {
    let folder = tempfile::Builder::new().prefix("wingbeat-demo-").tempdir()?;
    let mut report = Report::new(args.scale);

    say(&format!("serving {}", folder.path().display()));
    let server = ServerProcess::start(folder.path()).await?;
    say(&format!("uploading {FLIGHT} at scale factor {} to {}", args.scale, server.url()));
    let client = Client::new(server.url())?;
    let sent = upload(&client, args.scale, &mut report).await?;
    list(&client, &mut report).await?;

    say("reading it back");
    read_back(&client, sent, &mut report).await?;
    say("reading it once more, compared row by row with what was generated");
    verify(&client, args.scale, sent, &mut report).await?;
    server.stop().await?;

    say("the same bytes from memory, and through raw TCP");
    memory::measure(args.scale, sent.bytes, &mut report).await?;
    loopback::measure(sent.bytes, &mut report).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", report.json())?;
    } else {
        report.print(&mut out)?;
    }
    drop(out);
    if args.keep {
        say(&format!("kept {}", folder.keep().display()));
    }
    Ok(())
}

/// Generates and uploads; the generator runs off the I/O threads, beside the upload.
async fn upload(client: &Client, scale: f64, report: &mut Report) -> Outcome<Volume> {
    let start = Instant::now();
    let progress = Progress::new("put", None, false);
    let volume = Arc::new(Mutex::new(Volume::default()));
    let counted = (progress.clone(), volume.clone());
    let batches = lineitem::generate(scale).inspect(move |batch| {
        let Ok(batch) = batch else { return };
        let (progress, volume) = &counted;
        volume.lock().unwrap_or_else(PoisonError::into_inner).add(batch);
        progress.batch(batch);
    });
    let stream = BatchStream::from_blocking(lineitem::schema(), batches);
    let result = client.do_put(FlightDescriptor::path([FLIGHT]), stream).finish().await;
    progress.finish();
    let stored = result?.map(|result| result.app_metadata).unwrap_or_default();
    let volume = *volume.lock().unwrap_or_else(PoisonError::into_inner);
    let stored: serde_json::Value = serde_json::from_slice(&stored)?;
    if stored["rows"].as_u64() != Some(volume.rows) {
        let text = format!("{} rows were sent, and the server acknowledged {stored}", volume.rows);
        return Err(Failure::local(text));
    }
    report.add(Line::new("generate, upload, store as Parquet", volume, start.elapsed()));
    Ok(volume)
}

async fn list(client: &Client, report: &mut Report) -> Outcome {
    let start = Instant::now();
    let mut flights = client.list_flights(Criteria::default()).await?;
    let mut names = Vec::new();
    while let Some(info) = flights.next().await? {
        names.push(info.flight_descriptor);
    }
    if names != [Some(FlightDescriptor::path([FLIGHT]))] {
        return Err(Failure::local(format_args!("the listing has {names:?}")));
    }
    report.add(Line::new("list", Volume { rows: 1, bytes: 0 }, start.elapsed()));
    Ok(())
}

async fn read_back(client: &Client, sent: Volume, report: &mut Report) -> Outcome {
    let start = Instant::now();
    let mut stream = client.read(FlightDescriptor::path([FLIGHT])).await?;
    let progress = Progress::new("get", Some(sent.rows), false);
    let mut volume = Volume::default();
    while let Some(batch) = stream.next_batch().await? {
        progress.batch(&batch);
        volume.add(&batch);
    }
    progress.finish();
    if volume.rows != sent.rows {
        let text = format!("{} rows came back, {} were sent", volume.rows, sent.rows);
        return Err(Failure::local(text));
    }
    report.add(Line::new("read back from Parquet", volume, start.elapsed()));
    Ok(())
}

/// Generates the data once more and compares every row with what comes back.
async fn verify(client: &Client, scale: f64, sent: Volume, report: &mut Report) -> Outcome {
    let start = Instant::now();
    let mut stream = client.read(FlightDescriptor::path([FLIGHT])).await?;
    let mut comparison = Comparison::new(lineitem::generate(scale));
    while let Some(batch) = stream.next_batch().await? {
        comparison = super::get::blocking(move || {
            comparison.next(&batch)?;
            Ok(comparison)
        })
        .await?;
    }
    comparison.finish()?;
    report.verified(sent.rows, start.elapsed());
    Ok(())
}
