//! One stream: every library with itself, pairs of two libraries, and the limit beside them.

use super::super::case::{Case, LIMIT, Measure, Transport, WINGBEAT};
use super::super::runner::{Runner, Turn};
use super::super::workload::{WORKLOADS, Workload};

/// Where two libraries meet, which one half of the users will see.
const CROSS: &[(Measure, &str)] =
    &[(Measure::Get, "large"), (Measure::Get, "small"), (Measure::Put, "large")];
/// Where Unix sockets are compared with TCP.
const UNIX: (Measure, &str) = (Measure::Get, "large");

/// All workloads in all directions.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    for workload in WORKLOADS {
        if !runner.settings.workloads.iter().any(|name| name == workload.name) {
            continue;
        }
        for measure in [Measure::Get, Measure::Put, Measure::Exchange] {
            let turns = turns(runner, measure, workload);
            runner.alternate(&turns, Runner::transfer);
        }
    }
}

/// One round: what is compared with each other runs beside each other.
fn turns(runner: &Runner<'_>, measure: Measure, workload: &Workload) -> Vec<Turn> {
    let ids: Vec<&str> = runner.contestants.iter().map(|one| one.id.as_str()).collect();
    let name = workload.name;
    let mut cases = vec![];
    for id in &ids {
        cases.push(Case::same(measure, id, name));
        if CROSS.contains(&(measure, name)) && *id != WINGBEAT && ids.contains(&WINGBEAT) {
            cases.push(Case::new(measure, WINGBEAT, id, name));
            cases.push(Case::new(measure, id, WINGBEAT, name));
        }
    }
    // Raw bytes go one way, and are as many as are told.
    if measure != Measure::Exchange && !workload.is_compressed {
        cases.push(Case::same(measure, LIMIT, name));
        if (measure, name) == UNIX {
            let unix = runner.contestants.iter().filter(|one| one.has_unix);
            let unix = unix.map(|one| one.id.as_str()).chain([LIMIT]);
            let unix = unix.map(|id| Case::same(measure, id, name).with_transport(Transport::Unix));
            cases.extend(unix);
        }
    }
    let argument = workload.argument(runner.settings.length);
    cases.into_iter().map(|case| Turn { case, argument: argument.clone() }).collect()
}
