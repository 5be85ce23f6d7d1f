//! Runs cargo-deny on `deny.toml`; installs it first where it is missing.

use std::path::PathBuf;

use crate::run::{Failure, cargo, execute};
use crate::workspace::Workspace;

/// Pinned, so that a new release cannot turn a green checkout red.
const VERSION: &str = "0.20.2";

/// Licences, sources and banned crates. Advisories are left out: their database is a git
/// repository that not every build machine reaches (`cargo deny check advisories` runs by hand).
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let program = ensure(workspace)?;
    let mut command = std::process::Command::new(program);
    command.current_dir(&workspace.root);
    command.args(["--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    execute(&mut command)
}

/// The program, built once into the build folder and kept there.
fn ensure(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let tools = workspace.target.join("tools").join(format!("cargo-deny-{VERSION}"));
    let program = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    println!("cargo-deny {VERSION} is missing; building it once into {}", tools.display());
    let mut command = cargo();
    command.args(["install", "--quiet", "--locked", "--version", VERSION, "cargo-deny", "--root"]);
    command.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
    execute(&mut command)?;
    // The intermediate files are ten times the program.
    let _ = std::fs::remove_dir_all(tools.join("build"));
    Ok(program)
}
