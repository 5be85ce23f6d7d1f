//! `cargo xtask layers`: which crate may depend on which, checked against the manifests.

mod graph;
mod rules;
#[cfg(test)]
mod tests;

use crate::run::Failure;
use crate::workspace::Workspace;

use graph::Graph;

/// Prints each forbidden dependency and its rule; fails when there is one.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let graph = Graph::from_metadata(&workspace.metadata)?;
    let findings = rules::check(&graph);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("{} crates depend only on what they may", graph.crates.len());
            Ok(())
        }
        count => Err(format!("{count} dependencies break a layer rule (ARCHITECTURE.md)")),
    }
}
