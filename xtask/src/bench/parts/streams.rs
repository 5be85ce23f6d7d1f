//! Many streams at once, on one connection and on several.

use super::super::case::{Case, Measure};
use super::super::runner::{Runner, Turn};
use super::super::workload;

/// How many streams.
pub(in super::super) const STREAMS: &[u32] = &[1, 8, 64, 512];
/// On how many connections.
pub(in super::super) const CONNECTIONS: &[u32] = &[1, 4];
/// Of what.
pub(in super::super) const NAMES: &[&str] = &["large", "medium"];

/// Together the streams of a case move about what one stream moves alone.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    for workload in NAMES.iter().filter_map(|name| workload::find(name)) {
        if !runner.settings.workloads.iter().any(|name| name == workload.name) {
            continue;
        }
        for (streams, connections) in pairs() {
            let libraries = runner.contestants.iter().filter(|one| one.has_streams);
            let turns = libraries.map(|one| Turn {
                case: Case::same(Measure::Streams, &one.id, workload.name)
                    .with_streams(streams, connections),
                argument: workload.share(runner.settings.length, streams),
            });
            let turns: Vec<Turn> = turns.collect();
            runner.alternate(&turns, Runner::transfer);
        }
    }
}

/// Streams and connections; one stream has no use for four connections.
fn pairs() -> impl Iterator<Item = (u32, u32)> {
    let all = STREAMS.iter().flat_map(|streams| CONNECTIONS.iter().map(|count| (*streams, *count)));
    all.filter(|(streams, connections)| streams >= connections)
}
