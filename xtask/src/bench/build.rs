//! Builds the contestants. One that cannot be built is absent, with the reason; the others go on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::case::WINGBEAT;
use super::contestant::{Contestant, PEERS, program_of};
use super::counter::Counter;
use super::reason;
use super::results::Absent;
use crate::process::Process;
use crate::python;
use crate::run::{Failure, cargo, execute};
use crate::workspace::Workspace;

/// Downloads and a compiler for each: the first build of a peer takes minutes.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// The programs, and who is missing.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) contestants: Vec<Contestant>,
    pub(super) absent: Vec<Absent>,
    /// Our own program of the benchmark, which measures raw sockets too.
    pub(super) bench: Option<PathBuf>,
    /// The program `wingbeat`, for the part that measures the product.
    pub(super) product: Option<PathBuf>,
    /// Counts what the others copy.
    pub(super) counter: Option<Counter>,
    /// The Python that has pyarrow.
    pub(super) python: Option<PathBuf>,
}

/// How our own programs are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    Release,
    /// As the tests have compiled most of it already.
    Debug,
}

/// Builds those that are wanted; with `skip` takes what is there from before.
pub(super) fn run(
    workspace: &Workspace,
    wanted: &dyn Fn(&str) -> bool,
    profile: Profile,
    skip: bool,
) -> Built {
    let mut built = Built::default();
    // Built even when Wingbeat does not take part: the limit is in this program.
    let ours = ours(workspace, profile, skip);
    built.bench = ours.as_ref().ok().cloned();
    built.add(wanted, WINGBEAT, ours);
    if profile == Profile::Release {
        built.product = Some(program(workspace, profile, "wingbeat")).filter(|path| path.is_file());
    }
    let sources = workspace.root.join("bench/copies");
    match Counter::build(&sources, &workspace.target.join("bench")) {
        Ok(counter) => built.counter = Some(counter),
        Err(failure) => println!("copies are not counted: {failure}"),
    }
    let python = if PEERS.iter().any(|peer| wanted(peer)) {
        python::environment(workspace)
    } else {
        Err("no peer takes part".to_owned())
    };
    built.python = python.as_ref().ok().cloned();
    for peer in PEERS {
        if wanted(peer) {
            let program = build_peer(workspace, peer, python.as_ref(), skip);
            built.add(wanted, peer, program);
        }
    }
    built
}

impl Built {
    fn add(&mut self, wanted: &dyn Fn(&str) -> bool, id: &str, program: Result<PathBuf, Failure>) {
        if !wanted(id) {
            return;
        }
        match program {
            Ok(program) => self.contestants.push(Contestant::new(id, Some(program))),
            Err(failure) => {
                println!("{id} does not take part: {failure}");
                let reason = reason::clean(&failure);
                self.absent.push(Absent { contestant: id.to_owned(), reason });
            }
        }
    }
}

fn ours(workspace: &Workspace, profile: Profile, skip: bool) -> Result<PathBuf, Failure> {
    let path = program(workspace, profile, "wingbeat-bench");
    if !skip {
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--locked", "--bins"]);
        build.args(["-p", "wingbeat-bench"]);
        if profile == Profile::Release {
            build.args(["--release", "-p", "wingbeat-cli"]);
        }
        execute(&mut build)?;
    }
    present(path)
}

fn program(workspace: &Workspace, profile: Profile, name: &str) -> PathBuf {
    let folder = if profile == Profile::Release { "release" } else { "debug" };
    workspace.target.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs `bench/peers/PEER/build.sh OUT_DIR`.
fn build_peer(
    workspace: &Workspace,
    peer: &str,
    python: Result<&PathBuf, &Failure>,
    skip: bool,
) -> Result<PathBuf, Failure> {
    let out = workspace.target.join("bench").join(peer);
    if skip {
        return present(program_of(&out));
    }
    let script = workspace.root.join("bench/peers").join(peer).join("build.sh");
    if !script.is_file() {
        return Err("there is no build.sh".to_owned());
    }
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut build = Command::new("bash");
    build.current_dir(&workspace.root).arg(&script).arg(&out).stdin(Stdio::null());
    // Cargo's own settings would lead a peer's build into our build folder.
    build.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    match (peer, python) {
        ("cpp" | "python", Err(failure)) => return Err(failure.clone()),
        (_, Ok(python)) => drop(build.env("PYARROW_PYTHON", python)),
        (_, Err(_)) => {}
    }
    println!("$ bench/peers/{peer}/build.sh");
    let lines = Process::start(&mut build)?.finish(TIMEOUT).map_err(|trouble| trouble.reason)?;
    for line in lines {
        println!("{line}");
    }
    present(program_of(&out))
}

fn present(program: PathBuf) -> Result<PathBuf, Failure> {
    let name = program.file_name().map(Path::new).unwrap_or(&program);
    if program.is_file() { Ok(program) } else { Err(format!("{} is not built", name.display())) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::build_peer;
    use crate::run::Failure;
    use crate::workspace::Workspace;

    /// Builds a peer with this script.
    fn build(folder: &Path, script: &str, skip: bool) -> Result<bool, Failure> {
        let (root, target) = (folder.to_owned(), folder.join("target"));
        let workspace = Workspace { root, target, metadata: serde_json::Value::Null };
        let peer = folder.join("bench/peers/go");
        std::fs::create_dir_all(&peer).unwrap();
        std::fs::write(peer.join("build.sh"), script).unwrap();
        let python = folder.join("python");
        build_peer(&workspace, "go", Ok(&python), skip).map(|program| program.is_file())
    }

    #[test]
    fn a_peer_is_built_into_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let script = "test \"${PYARROW_PYTHON##*/}\" = python && echo > \"$1/peer\"";
        assert_eq!(build(folder.path(), script, true).unwrap_err(), "peer is not built");
        assert_eq!(build(folder.path(), script, false), Ok(true));
        assert_eq!(build(folder.path(), "exit 1", true), Ok(true), "it is there from before");
    }

    #[test]
    fn a_peer_that_cannot_be_built_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let script = "echo 'no go here' >&2; exit 1";
        assert_eq!(build(folder.path(), script, false).unwrap_err(), "no go here");
        assert_eq!(build(folder.path(), "exit 0", false).unwrap_err(), "peer is not built");
    }
}
