//! How long a small call takes while 512 streams keep the server busy, on a connection of its own.

use super::super::case::{Case, Measure};
use super::super::runner::{Runner, Samples, Turn};
use super::super::workload::Length;
use super::latency;
use crate::process::{Process, Trouble};

/// The streams beside which is measured, all on one connection.
pub(in super::super) const STREAMS: u32 = 512;

/// Those that can run many streams at once.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    let libraries = runner.contestants.iter().filter(|one| one.has_streams);
    let turns = libraries.map(|one| Turn {
        case: Case::same(Measure::Beside, &one.id, latency::ONE).with_streams(STREAMS, 1),
        argument: match runner.settings.length {
            Length::Full => "medium:8".to_owned(),
            _ => "medium:2".to_owned(),
        },
    });
    let turns: Vec<Turn> = turns.collect();
    runner.alternate(&turns, measure);
}

fn measure(runner: &mut Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
    let (id, timeout) = (&turn.case.client, runner.settings.timeout);
    // A server of its own: streams that break off may leave work behind.
    let server = runner.fresh_server(id, turn.case.transport)?;
    let streams = STREAMS.to_string();
    // More runs than there will be time for.
    let args = ["client", &server.uri, "get", &turn.argument, "1000000", "--streams", &streams];
    let load = runner.contestant(id)?.command(&args);
    let mut load = Process::start(&mut load.ok_or_else(|| format!("{id} has no program"))?)?;
    // Once a run is over, the next one is under way.
    load.line(timeout)?;
    let samples = latency::measure(runner, id, &server.uri)?;
    if !load.is_running() {
        return Err("the streams ended before the calls did".to_owned().into());
    }
    Ok(samples)
}
