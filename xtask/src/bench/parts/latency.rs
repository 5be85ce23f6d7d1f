//! How long a small call takes on a quiet server.

use super::super::case::{Case, Measure, Transport};
use super::super::line::Latency;
use super::super::results::metric;
use super::super::runner::{Runner, Samples, Turn};
use super::super::workload::Length;
use crate::process::Trouble;

/// The only workload of this part: GetFlightInfo, and a DoGet of one row.
pub(in super::super) const ONE: &str = "one";

/// All contestants over TCP, and those that can over Unix sockets.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    let over =
        |transport| move |id: &str| Case::same(Measure::Latency, id, ONE).with_transport(transport);
    let all = runner.contestants.iter();
    let mut cases: Vec<Case> = all.clone().map(|one| over(Transport::Tcp)(&one.id)).collect();
    cases.extend(all.filter(|one| one.has_unix).map(|one| over(Transport::Unix)(&one.id)));
    let turns: Vec<Turn> =
        cases.into_iter().map(|case| Turn { case, argument: ONE.to_owned() }).collect();
    runner.alternate(&turns, |runner, turn| {
        let uri = runner.server(&turn.case.server, turn.case.transport)?.uri.clone();
        measure(runner, &turn.case.client, &uri)
    });
}

/// Runs `latency` of a contestant.
pub(super) fn measure(runner: &Runner<'_>, id: &str, uri: &str) -> Result<Samples, Trouble> {
    let calls = match runner.settings.length {
        Length::Full => "2000",
        Length::Quick => "500",
        Length::Smoke => "5",
    };
    measure_with(runner, id, &["latency", uri, calls])
}

/// Runs it with these arguments.
pub(super) fn measure_with(
    runner: &Runner<'_>,
    id: &str,
    args: &[&str],
) -> Result<Samples, Trouble> {
    let lines = runner.client(id, args)?;
    let latency = Latency::parse(&lines)?;
    Ok(vec![
        (metric::INFO_P50, latency.info_p50),
        (metric::INFO_P99, latency.info_p99),
        (metric::ROW_P50, latency.row_p50),
        (metric::ROW_P99, latency.row_p99),
    ])
}
