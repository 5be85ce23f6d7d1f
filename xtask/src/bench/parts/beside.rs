//! How long a small call takes while 512 streams keep the server busy: on a connection of its own,
//! and, for Wingbeat, on theirs.

use super::super::case::{Case, Measure, WINGBEAT};
use super::super::runner::{Runner, Samples, Turn};
use super::super::workload::Length;
use super::latency;
use crate::process::{Process, Trouble};

/// The streams beside which is measured, all on one connection.
pub(in super::super) const STREAMS: u32 = 512;

/// Those that can run many streams at once.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    let turn = |measure, id: &str| Turn {
        case: Case::same(measure, id, latency::ONE).with_streams(STREAMS, 1),
        argument: match runner.settings.length {
            Length::Full => "medium:8".to_owned(),
            _ => "medium:2".to_owned(),
        },
    };
    let libraries = runner.contestants.iter().filter(|one| one.has_streams);
    let mut turns = Vec::new();
    for one in libraries {
        turns.push(turn(Measure::Beside, &one.id));
        if one.id == WINGBEAT {
            turns.push(turn(Measure::BesideShared, &one.id));
        }
    }
    runner.alternate(&turns, |runner, turn| match turn.case.measure {
        Measure::BesideShared => measure_shared(runner, turn),
        _ => measure(runner, turn),
    });
}

fn measure_shared(runner: &mut Runner<'_>, turn: &Turn) -> Result<Samples, Trouble> {
    let id = &turn.case.client;
    let server = runner.fresh_server(id, turn.case.transport)?;
    let streams = STREAMS.to_string();
    // A call takes its turn among all others, which is some time.
    let calls = match runner.settings.length {
        Length::Full => "300",
        Length::Quick => "100",
        Length::Smoke => "5",
    };
    let args = ["latency", &server.uri, calls, "--beside", &turn.argument, "--streams", &streams];
    latency::measure_with(runner, id, &args)
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
