//! Peak memory of both sides after `large`, and memory of connections that do nothing.

use std::time::Duration;

use super::super::case::{Case, Measure, Transport, WINGBEAT};
use super::super::idle;
use super::super::procfs;
use super::super::results::metric;
use super::super::runner::{Runner, Samples, Turn};
use super::super::workload::{self, Length};
use crate::process::{Process, Trouble};

/// How often a client's peak is looked at: it cannot be asked once it is gone.
const EVERY: Duration = Duration::from_millis(20);
/// Transfers of 1 and of 16 GiB, whose peaks should be alike.
pub(in super::super) const GROWTH: [&str; 2] = ["large:256", "large:4096"];
/// Connections that do nothing.
pub(in super::super) const IDLE: u32 = 500;

/// Each in a run of its own, since looking costs time.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    let length = runner.settings.length;
    let large = workload::find("large").map(|large| large.argument(length));
    let large = large.unwrap_or_default();
    let mut turns = Vec::new();
    for contestant in runner.contestants {
        let case = Case::same(Measure::Memory, &contestant.id, "large");
        turns.push(Turn { case, argument: large.clone() });
    }
    if length == Length::Full && runner.contestant(WINGBEAT).is_ok() {
        turns.extend(GROWTH.map(|workload| Turn {
            case: Case::same(Measure::Memory, WINGBEAT, workload),
            argument: workload.to_owned(),
        }));
    }
    for turn in &turns {
        runner.once(turn, peaks);
    }
    for contestant in runner.contestants {
        let case = Case::same(Measure::Idle, &contestant.id, "none").with_streams(0, IDLE);
        runner.once(&Turn { case, argument: String::new() }, idle);
    }
}

fn peaks(runner: &mut Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
    let server = runner.fresh_server(&turn.case.server, Transport::Tcp)?;
    let args = ["client", &server.uri, "get", &turn.argument, "1"];
    let client = runner.contestant(&turn.case.client)?.command(&args);
    let mut client = client.ok_or_else(|| format!("{} has no program", turn.case.client))?;
    let mut peak = None;
    let client = Process::start(&mut client)?;
    client.finish_watched(runner.settings.timeout * 4, EVERY, |id| {
        peak = procfs::peak_mib(id).or(peak);
    })?;
    let mut samples = vec![];
    samples.extend(procfs::peak_mib(server.process.id()).map(|mib| (metric::SERVER_PEAK, mib)));
    samples.extend(peak.map(|mib| (metric::CLIENT_PEAK, mib)));
    Ok(samples)
}

fn idle(runner: &mut Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
    let server = runner.fresh_server(&turn.case.server, Transport::Tcp)?;
    let resident = || {
        let kib = procfs::resident_kib(server.process.id());
        kib.ok_or_else(|| "the server's memory cannot be read".to_owned())
    };
    // What the first connections bring with them (threads, tables) is not theirs.
    let _first = idle::connect(&server.uri, 10)?;
    let before = resident()?;
    let _connections = idle::connect(&server.uri, IDLE)?;
    Ok(vec![(metric::IDLE_KIB, (resident()? - before).max(0.0) / f64::from(IDLE))])
}
