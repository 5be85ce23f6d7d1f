//! `cargo xtask conformance`: every scenario of Arrow's integration tests, with every peer, both
//! ways.
//!
//! The peers are installed below the build folder by `interop/peers/PEER/build.sh`. What passed is
//! kept in `docs/conformance.md`, which has to be what was measured.

mod cell;
mod page;
mod peer;
mod programs;
mod scenario;
#[cfg(test)]
mod tests;
mod trial;

use crate::process;
use crate::run::{Failure, Stages};
use crate::workspace::Workspace;

use self::cell::{Grid, Side};
use self::peer::{PEERS, Peer};
use self::programs::{Built, Files, Pair};

/// The page, from the root of the workspace.
const PAGE: &str = "docs/conformance.md";

/// What `cargo xtask conformance` is told.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct ConformanceArgs {
    /// Only these peers; all when there are none.
    pub(crate) peers: Vec<String>,
    /// Keep what was measured in docs/conformance.md instead of comparing with it.
    #[arg(long)]
    pub(crate) bless: bool,
}

/// The peers that could be built, and the names of those that could not.
#[derive(Default)]
pub(crate) struct Prepared {
    built: Vec<(&'static Peer, Built)>,
    skipped: Vec<String>,
}

impl Prepared {
    fn tell_skipped(&self) {
        self.skipped.iter().for_each(|skipped| println!("SKIPPED: {skipped}"));
    }
}

/// Installs the peers, or says which are missing. In CI none may be.
pub(crate) fn prepare(
    workspace: &Workspace,
    stages: &mut Stages,
    args: &ConformanceArgs,
) -> Prepared {
    let mut prepared = Prepared::default();
    stages.check("peers for the conformance tests", || {
        process::end_children_with_us()?;
        if let Some(unknown) = args.peers.iter().find(|id| peer::find(id).is_none()) {
            let known = PEERS.iter().map(|peer| peer.id).collect::<Vec<_>>();
            return Err(format!("there is no peer {unknown}, only {}", known.join(", ")));
        }
        let is_wanted = |peer: &Peer| args.peers.is_empty() || args.peers.contains(&peer.id.into());
        for peer in PEERS.iter().filter(|peer| is_wanted(peer)) {
            match programs::build(workspace, peer)? {
                Ok(built) => prepared.built.push((peer, built)),
                Err(missing) => prepared.skipped.push(format!("{}: {missing}", peer.label)),
            }
        }
        prepared.tell_skipped();
        Ok(())
    });
    prepared
}

/// Runs everything with the peers that are there, and compares with the page.
pub(crate) fn run(
    workspace: &Workspace,
    stages: &mut Stages,
    prepared: &Prepared,
    args: &ConformanceArgs,
) {
    stages.command("programs for the conformance tests", &mut programs::cargo_build(workspace));
    stages.check("conformance", || {
        let files = Files::write(workspace)?;
        let mut grid = Grid::default();
        let mut failures = Vec::new();
        for (peer, built) in &prepared.built {
            grid.versions.insert(peer.id, built.version.clone());
            // Most of the time goes into programs that begin.
            let [clients, servers] = std::thread::scope(|scope| {
                let sides = Side::BOTH.map(|side| {
                    let pair = Pair::of(side, &programs::ours(workspace), &built.pair);
                    let (peer, files) = (*peer, &files);
                    scope.spawn(move || measure(peer, side, &pair, files))
                });
                sides.map(|side| side.join().unwrap_or_default())
            });
            for (side, outcomes) in Side::BOTH.into_iter().zip([clients, servers]) {
                for (row, outcome) in outcomes {
                    match outcome {
                        Ok(()) => grid.insert(peer.id, side, &row),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
        }
        println!("{} passed, {} failed", grid.passed(), failures.len());
        prepared.tell_skipped();
        if !failures.is_empty() {
            return Err(failures.join("\n"));
        }
        page::check(workspace, &grid, &files.names, args.bless)
    });
}

/// What came of each row.
type Outcomes = Vec<(String, Result<(), Failure>)>;

/// All scenarios and data files with a peer on one side.
fn measure(peer: &Peer, side: Side, pair: &Pair, files: &Files) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let mut note = |row: &str, outcome: Result<(), Failure>| {
        let what = format!("{row} with {} of {}", side.word(), peer.label);
        match &outcome {
            Ok(()) => println!("passed: {what}"),
            Err(failure) => println!("FAILED: {what}: {failure}"),
        }
        outcomes.push((row.to_owned(), outcome.map_err(|failure| format!("{what}: {failure}"))));
    };
    for scenario in scenario::SCENARIOS.iter().chain(scenario::OURS) {
        if peer.reason(side, scenario).is_none() {
            note(scenario, trial::scenario(pair, scenario));
        }
    }
    let mut server = None;
    for name in &files.names {
        if peer.file_reason(side, name).is_none() {
            note(name, trial::data_file(pair, side, &mut server, &files.argument(name)));
        }
    }
    outcomes
}
