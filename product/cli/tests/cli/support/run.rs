//! One run of the binary.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// The binary with nothing of the caller's environment that would change what it does.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wingbeat"));
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("WINGBEAT_") || key == "NO_COLOR" {
            command.env_remove(key);
        }
    }
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    /// A run that has ended.
    pub(crate) fn of(out: Output) -> Self {
        Self {
            code: out.status.code().unwrap_or(-1),
            stdout: out.stdout,
            stderr: String::from_utf8(out.stderr).unwrap(),
        }
    }

    /// Stdout as text, of a run that went well and had nothing to say on stderr.
    pub(crate) fn data(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""));
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Stdout as JSON, a value a line.
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        self.data().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Checks that the run failed with `code`, with nothing on stdout and every one of `texts` on
    /// stderr.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, texts: &[&str]) {
        let stdout = String::from_utf8_lossy(&self.stdout);
        assert_eq!((self.code, stdout.as_ref()), (code, ""), "{}", self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {:?}", self.stderr);
        }
        assert!(!self.stderr.contains('\x1b'), "{:?}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{:?}", self.stderr);
    }
}

/// Runs the binary to its end, without stdin.
pub(crate) fn wingbeat<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    Run::of(binary().args(args).stdin(Stdio::null()).output().unwrap())
}

/// A run that has not ended; killed on drop.
pub(crate) struct Running {
    child: Child,
}

/// Starts the binary with pipes all around.
pub(crate) fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Running {
    let mut command = binary();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running { child: command.spawn().unwrap() }
}

impl Running {
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; what was taken of the pipes is not in the result.
    pub(crate) fn end(mut self) -> Run {
        drop(self.child.stdin.take());
        let mut stdout = Vec::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_end(&mut stdout).unwrap();
        }
        let mut stderr = String::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_string(&mut stderr).unwrap();
        }
        let status = self.child.wait().unwrap();
        if status.code().is_none() {
            let _ = write!(stderr, "[{status}]");
        }
        Run { code: status.code().unwrap_or(-1), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
