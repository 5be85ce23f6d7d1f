//! `cargo xtask interop`: real processes on both sides, ours against pyarrow's C++.
//!
//! Needs Python; everything else is fetched into a virtual environment ([`crate::python`]).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python;
use crate::run::{Stages, cargo};
use crate::workspace::Workspace;

/// Prepares Python, or says what is missing; gives the interpreter to run the suite with.
pub(crate) fn prepare(workspace: &Workspace, stages: &mut Stages) -> PathBuf {
    let mut python = PathBuf::new();
    stages.check("python environment", || {
        python = python::environment(workspace)?;
        Ok(())
    });
    python
}

/// Builds our programs and runs the suite in `interop/python`.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages, python: &Path, pytest: &[String]) {
    let mut build = cargo();
    build.current_dir(&workspace.root).args(["build", "--locked", "--bins"]);
    build.args(["-p", "wingbeat-interop", "-p", "wingbeat-cli"]);
    stages.command("programs for the interop tests", &mut build);
    let mut command = Command::new(python);
    command.current_dir(workspace.root.join("interop/python"));
    command.args(["-m", "pytest", "-p", "no:cacheprovider"]).args(pytest);
    command.env("WINGBEAT_BIN", workspace.program("wingbeat"));
    command.env("WINGBEAT_INTEROP_BIN", workspace.program("wingbeat-interop"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    stages.command("interop tests", &mut command);
}
