//! The programs of both sides, and how those of the peers get here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cell::Side;
use super::peer::Peer;
use crate::python;
use crate::run::{Failure, cargo};
use crate::workspace::{Workspace, output};

/// What a build script exits with where a toolchain is missing.
const MISSING: i32 = 3;

/// A server and a client that keep the contract of the harness.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) server: PathBuf,
    pub(super) client: PathBuf,
    /// Our client, whoever plays.
    pub(super) ours: PathBuf,
}

impl Pair {
    /// Who plays whom when the peer runs its program of that side.
    pub(super) fn of(side: Side, ours: &Self, theirs: &Self) -> Self {
        let (server, client) = match side {
            Side::Client => (ours, theirs),
            Side::Server => (theirs, ours),
        };
        let ours = ours.ours.clone();
        Self { server: server.server.clone(), client: client.client.clone(), ours }
    }
}

/// A peer that is ready.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) pair: Pair,
    /// What it is, in words for the page.
    pub(super) version: String,
}

/// Builds our own programs.
pub(super) fn cargo_build(workspace: &Workspace) -> Command {
    let mut build = cargo();
    build.current_dir(&workspace.root).args(["build", "--locked", "--bins"]);
    build.args(["-p", "wingbeat-interop"]);
    build
}

/// Our own programs.
pub(super) fn ours(workspace: &Workspace) -> Pair {
    Pair {
        server: workspace.program("flight-test-integration-server"),
        client: workspace.program("flight-test-integration-client"),
        ours: workspace.program("flight-test-integration-client"),
    }
}

/// The data files.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    pub(super) names: Vec<String>,
}

impl Files {
    /// Writes them below the build folder.
    pub(super) fn write(workspace: &Workspace) -> Result<Self, Failure> {
        let folder = workspace.target.join("conformance/data-files");
        let mut command = Command::new(workspace.program("wingbeat-interop"));
        let said = output(command.arg("data-files").arg(&folder))?;
        let said: serde_json::Value =
            serde_json::from_str(&said).map_err(|error| format!("data-files: {error}"))?;
        let names = said["names"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        Ok(Self { folder, names })
    }

    /// The argument that names a file.
    pub(super) fn argument(&self, name: &str) -> String {
        format!("--path={}", self.folder.join(name).with_extension("json").display())
    }
}

/// Runs `interop/peers/PEER/build.sh OUT_DIR`. The inner error is a toolchain that is missing
/// where it may be.
pub(super) fn build(workspace: &Workspace, peer: &Peer) -> Result<Result<Built, Failure>, Failure> {
    let script = Path::new("interop/peers").join(peer.id).join("build.sh");
    let out = workspace.target.join("conformance").join(peer.id);
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut build = Command::new("bash");
    build.current_dir(&workspace.root).arg(&script).arg(&out).stdin(Stdio::null());
    // Cargo's own settings would lead a peer's build into our build folder.
    build.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    build.env("PYARROW_PYTHON", python::environment(workspace)?);
    println!("$ {}", script.display());
    let output = build.stdout(Stdio::inherit()).stderr(Stdio::piped()).spawn();
    let output = output.and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| format!("bash could not be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    match output.status.code() {
        Some(0) => {}
        Some(MISSING) if !is_ci() => return Ok(Err(said.to_owned())),
        Some(MISSING) => return Err(format!("{}: {said}, and CI runs every peer", peer.label)),
        _ => return Err(format!("{} ended with {}: {said}", script.display(), output.status)),
    }
    let ours = ours(workspace).ours;
    let pair = Pair { server: out.join("server"), client: out.join("client"), ours };
    let version = std::fs::read_to_string(out.join("version"))
        .map_err(|error| format!("{}: {error}", out.display()))?;
    Ok(Ok(Built { pair, version: version.trim().to_owned() }))
}

/// Whether this machine is CI's, where nothing may be missing.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}
