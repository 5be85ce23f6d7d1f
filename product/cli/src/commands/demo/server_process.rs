//! The demo's server: this very program, as a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::exit::{Failure, Outcome};

/// How long the server may take to listen.
const START: Duration = Duration::from_secs(30);

/// A running `wingbeat serve`; killed on drop.
pub(super) struct ServerProcess {
    child: Child,
    url: String,
}

impl ServerProcess {
    /// Serves `folder` on a free port.
    pub(super) async fn start(folder: &Path) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(folder)
            .args(["--bind", "grpc://127.0.0.1:0", "--log", "warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let Some(stdout) = child.stdout.take() else {
            return Err(Failure::local("the server has no stdout"));
        };
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(START, lines.next_line())
            .await
            .map_err(|_| Failure::local("the server did not start in time"))??;
        let url = line.as_deref().and_then(|line| line.strip_prefix("listening on "));
        match url {
            Some(url) => Ok(Self { url: url.to_owned(), child }),
            None => Err(Failure::local("the server did not start")),
        }
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it.
    pub(super) async fn stop(mut self) -> Outcome {
        Ok(self.child.kill().await?)
    }
}
