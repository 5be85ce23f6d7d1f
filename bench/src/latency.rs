//! `latency`: how long small calls take, one after another on one connection.

use std::io::Write;
use std::time::{Duration, Instant};

use wingbeat::{Address, Client, EncodeOptions, FlightDescriptor, Ticket};

use crate::client::{Load, connect};
use crate::failure::{Failure, Outcome};
use crate::workload::Workload;

/// The most calls that warm up.
const WARM_UP_MAX: u32 = 100;

/// Times GetFlightInfo and a DoGet of one row, and prints a line for each. `beside` are streams on
/// the same connection.
pub(crate) async fn run(uri: &Address, calls: u32, beside: Option<(Workload, u32)>) -> Outcome {
    let client = connect(uri, &FlightDescriptor::path(["x"]), EncodeOptions::default()).await?;
    let mut load = match beside {
        Some((workload, streams)) => Some(Load::start(&client, workload, streams).await?),
        None => None,
    };
    // On a thread of the runtime, as the calls of `client`.
    let (infos, rows) = tokio::spawn(async move {
        let infos = time(calls, || get_flight_info(&client)).await?;
        Ok::<_, Failure>((infos, time(calls, || do_get(&client)).await?))
    })
    .await??;
    load.as_mut().map_or(Ok(()), Load::check)?;
    report("get_flight_info", &infos)?;
    report("do_get", &rows)
}

async fn get_flight_info(client: &Client) -> Outcome {
    let info = client.get_flight_info(FlightDescriptor::path(["x"])).await?;
    expect(info.endpoints.len(), "endpoints")
}

async fn do_get(client: &Client) -> Outcome {
    let mut stream = client.do_get(Ticket::new("one")).await?;
    let mut rows = 0;
    while let Some(batch) = stream.next_batch().await? {
        rows += batch.num_rows();
    }
    expect(rows, "rows")
}

fn expect(found: usize, what: &str) -> Outcome {
    if found == 1 { Ok(()) } else { Err(Failure::Failed(format!("{found} {what}, expected 1"))) }
}

/// How long each call took, in order, warm-up aside.
async fn time<F>(calls: u32, call: impl Fn() -> F) -> Outcome<Vec<Duration>>
where
    F: Future<Output = Outcome>,
{
    for _ in 0..calls.min(WARM_UP_MAX) {
        call().await?;
    }
    let mut times = Vec::new();
    for _ in 0..calls {
        let start = Instant::now();
        call().await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

fn report(name: &str, times: &[Duration]) -> Outcome {
    let micros = |part| percentile(times, part).as_secs_f64() * 1e6;
    let (calls, p50, p99) = (times.len(), micros(0.5), micros(0.99));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{name} calls={calls} p50_us={p50:.1} p99_us={p99:.1}")?;
    Ok(out.flush()?)
}

/// The time that this part of the calls did not exceed.
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let times: Vec<_> = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(percentile(&times, 0.5), Duration::from_micros(100));
        assert_eq!(percentile(&times, 0.99), Duration::from_micros(198));
        assert_eq!(percentile(&times[..1], 0.99), Duration::from_micros(1));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
