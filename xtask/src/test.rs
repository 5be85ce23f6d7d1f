//! `cargo xtask test`: every test there is.

use crate::conformance::{self, ConformanceArgs};
use crate::interop;
use crate::python;
use crate::run::{Stages, cargo};
use crate::workspace::Workspace;

/// Unit, integration and documentation tests of every crate, then the tests
/// against other implementations.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages, slow: bool) {
    // First, since a machine without Python is better told at once.
    let python = interop::prepare(workspace, stages);
    let all = ConformanceArgs::default();
    let peers = conformance::prepare(workspace, stages, &all);
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["test", "--workspace", "--locked"]);
    command.env("WINGBEAT_WEED", python::weed(&python));
    if slow {
        command.env("WINGBEAT_SLOW", "1");
    }
    stages.command("unit, integration and documentation tests", &mut command);
    interop::run(workspace, stages, &python, &[]);
    conformance::run(workspace, stages, &peers, &all);
}
