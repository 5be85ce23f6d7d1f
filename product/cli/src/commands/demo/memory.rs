//! The wire alone: a Flight server that hands out batches from memory.

use std::time::Instant;

use arrow_array::RecordBatch;
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{BatchStream, CallContext, Client, FlightService, Result, Server, Ticket};

use super::report::{Line, Report};
use super::{Volume, lineitem};
use crate::exit::{Failure, Outcome};

/// How many batches are kept and sent again and again; more would only measure memory.
const BATCHES: usize = 16;

/// Batches, sent round and round until enough bytes have gone.
struct Carousel {
    batches: Vec<RecordBatch>,
    repeats: usize,
}

impl FlightService for Carousel {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        let schema = lineitem::schema();
        let count = self.batches.len() * self.repeats;
        let batches: Vec<RecordBatch> = self.batches.iter().cycle().take(count).cloned().collect();
        Ok(BatchStream::from_batches(schema, batches))
    }
}

/// Reads about `bytes` bytes of batches from a server in this process, over loopback.
pub(super) async fn measure(scale: f64, bytes: u64, report: &mut Report) -> Outcome {
    let batches = super::super::get::blocking(move || {
        let batches = lineitem::generate(scale).take(BATCHES);
        batches.collect::<std::result::Result<Vec<_>, _>>().map_err(Failure::local)
    })
    .await?;
    let one_round: u64 = batches.iter().map(|batch| wingbeat::body_len(batch) as u64).sum();
    let repeats = usize::try_from(bytes.div_ceil(one_round.max(1))).unwrap_or(1);
    let server = Server::bind("grpc://127.0.0.1:0").await?;
    let client = Client::new(server.local_addr().to_string())?;
    let carousel = Carousel { batches, repeats };
    let serving = AbortOnDropHandle::new(tokio::spawn(server.serve(carousel)));

    let start = Instant::now();
    let mut stream = client.do_get(Ticket::new("lineitem")).await?;
    let mut rows = 0;
    while let Some(batch) = stream.next_batch().await? {
        rows += batch.num_rows() as u64;
    }
    // Counting the bytes of each batch again would be part of what is measured.
    let volume = Volume { rows, bytes: one_round * repeats as u64 };
    report.add(Line::new("DoGet of the same from memory", volume, start.elapsed()));
    drop(serving);
    Ok(())
}
