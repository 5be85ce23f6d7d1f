//! A `wingbeat serve` of its own for each test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::run::binary;

/// How long a line of the log may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; killed on drop.
pub(crate) struct Server {
    child: Child,
    urls: Vec<String>,
    log: Receiver<String>,
}

impl Server {
    /// Serves `folder` on a free port of the loopback address.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with_args(folder, &[])
    }

    /// Serves `folder` with these arguments; without `--bind` on a free loopback port.
    pub(crate) fn with_args(folder: &Path, args: &[&str]) -> Self {
        let mut command = binary();
        command.arg("serve").arg(folder).args(args);
        let listeners = args.iter().filter(|arg| **arg == "--bind").count();
        if listeners == 0 {
            command.args(["--bind", "grpc://127.0.0.1:0"]);
        }
        Self::spawn(command, listeners.max(1))
    }

    /// Starts `command`, which is or becomes a server with this many listeners.
    pub(crate) fn spawn(mut command: Command, listeners: usize) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody may be listening any more.
                let _ = sender.send(line);
            }
        });
        let urls: Vec<String> = stdout
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .take(listeners)
            .collect();
        assert_eq!(urls.len(), listeners, "no server: {:?}", log.iter().collect::<Vec<_>>());
        Self { child, urls, log }
    }

    /// The URL of `path` on the first listener.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.urls[0])
    }

    /// What each listener is called.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Waits for a line of the log that holds all of `texts`.
    #[track_caller]
    pub(crate) fn log_line(&self, texts: &[&str]) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if texts.iter().all(|text| line.contains(text)) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line has {texts:?}: {seen:#?}");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; the exit code and the rest of the log.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        let status = self.child.wait().unwrap();
        (status.code(), self.log.iter().collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a file system of its own at `folder`, mounted with `options` and visible to it
/// alone; `None` where this machine lets nobody mount.
pub(crate) fn without_disk(folder: &Path, options: &str) -> Option<Server> {
    let unshare = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).args(args);
        command
    };
    let mount = format!("mount -t tmpfs -o {options} tmpfs \"$1\"");
    let folder = folder.to_str().unwrap();
    let probe = unshare(&["sh", "-c", &mount, "sh", folder]).output();
    if !probe.is_ok_and(|out| out.status.success()) {
        return None;
    }
    let script = format!("{mount} && exec \"$2\" serve \"$1\" --bind grpc://127.0.0.1:0");
    let binary = env!("CARGO_BIN_EXE_wingbeat");
    Some(Server::spawn(unshare(&["sh", "-c", &script, "sh", folder, binary]), 1))
}
