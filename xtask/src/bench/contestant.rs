//! Who takes part, what each can do, and how it is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::case::{LIMIT, WINGBEAT};

/// A library and the program that drives it. All programs take the same command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contestant {
    pub(super) id: String,
    /// What is run; none when it could not be built.
    pub(super) program: Option<PathBuf>,
    /// Takes `--streams` and `--connections`.
    pub(super) has_streams: bool,
    /// Is measured over Unix sockets too.
    pub(super) has_unix: bool,
    /// Is measured over TLS too.
    pub(super) has_tls: bool,
}

/// The peers, in the order in which they are reported.
pub(super) const PEERS: &[&str] = &["cpp", "python", "arrow-rs", "go", "java"];

impl Contestant {
    pub(super) fn new(id: &str, program: Option<PathBuf>) -> Self {
        Self {
            id: id.to_owned(),
            program,
            has_streams: matches!(id, WINGBEAT | "cpp" | "arrow-rs"),
            has_unix: matches!(id, WINGBEAT | "cpp"),
            has_tls: matches!(id, WINGBEAT | "cpp"),
        }
    }

    /// `PROGRAM server --bind URI`. `folder` is where a Unix socket may lie.
    pub(super) fn server(&self, uri: &str) -> Option<Command> {
        self.command(&["server", "--bind", uri])
    }

    /// The program with these arguments.
    pub(super) fn command(&self, args: &[&str]) -> Option<Command> {
        let mut command = Command::new(self.program.as_ref()?);
        command.args(args);
        Some(command)
    }
}

/// What people call it.
pub(super) fn label(id: &str) -> &str {
    match id {
        WINGBEAT => "Wingbeat",
        "cpp" => "Arrow C++",
        "python" => "pyarrow",
        "arrow-rs" => "arrow-rs",
        "go" => "Arrow Go",
        "java" => "Arrow Java",
        LIMIT => "raw socket",
        other => other,
    }
}

/// Where a peer's `build.sh` puts its program.
pub(super) fn program_of(folder: &Path) -> PathBuf {
    folder.join("peer")
}
