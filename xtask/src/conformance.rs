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
use self::programs::{Built, Pair};

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

/// The peers that could be built.
#[derive(Default)]
pub(crate) struct Prepared(Vec<(&'static Peer, Built)>);

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
                Ok(built) => prepared.0.push((peer, built)),
                Err(missing) => println!("skipped: {}: {missing}", peer.label),
            }
        }
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
        let mut grid = Grid::default();
        let mut failures = Vec::new();
        for (peer, built) in &prepared.0 {
            grid.versions.insert(peer.id, built.version.clone());
            measure(workspace, peer, built, &mut grid, &mut failures);
        }
        println!("{} passed, {} failed", grid.passed(), failures.len());
        if !failures.is_empty() {
            return Err(failures.join("\n"));
        }
        page::check(workspace, &grid, args.bless)
    });
}

/// All scenarios with one peer.
fn measure(
    workspace: &Workspace,
    peer: &'static Peer,
    built: &Built,
    grid: &mut Grid,
    failures: &mut Vec<Failure>,
) {
    let ours = programs::ours(workspace);
    for scenario in scenario::SCENARIOS {
        for side in Side::BOTH {
            if peer.reason(side, scenario).is_some() {
                continue;
            }
            let pair = Pair::of(side, &ours, &built.pair);
            let outcome = trial::scenario(&pair, scenario);
            let what = format!("{scenario} with {} of {}", side.word(), peer.label);
            note(grid, failures, (peer, side, scenario), &what, outcome);
        }
    }
}

/// Keeps an outcome, and tells it.
fn note(
    grid: &mut Grid,
    failures: &mut Vec<Failure>,
    (peer, side, row): (&'static Peer, Side, &str),
    what: &str,
    outcome: Result<(), Failure>,
) {
    match outcome {
        Ok(()) => {
            println!("passed: {what}");
            grid.insert(peer.id, side, row);
        }
        Err(failure) => {
            println!("FAILED: {what}: {failure}");
            failures.push(format!("{what}: {failure}"));
        }
    }
}
