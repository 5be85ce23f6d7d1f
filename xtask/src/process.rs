//! Child processes that never outlive us: each in a group of its own, killed when dropped, when
//! its time is over, and when we are told to stop.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::Failure;

/// A process that was asked to end is killed after this.
const GRACE: Duration = Duration::from_secs(5);
/// What is kept of standard error.
const STDERR_BYTES_MAX: usize = 64 << 10;
/// What is told of a line: Go prints whole messages when it panics.
const REASON_CHARS_MAX: usize = 400;
/// The exit code of a contestant that does not know what it was asked for.
const UNSUPPORTED: i32 = 2;

/// A running child and what it says.
pub(crate) struct Process {
    name: String,
    child: Child,
    group: Pid,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    is_over: bool,
}

/// Why a child gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// It said that it does not do this at all.
    pub(crate) is_unsupported: bool,
    pub(crate) reason: String,
}

impl From<Failure> for Trouble {
    fn from(reason: Failure) -> Self {
        Self { is_unsupported: false, reason }
    }
}

/// What has to go when we go.
#[derive(Default)]
struct Registry {
    groups: BTreeSet<i32>,
    folders: BTreeSet<PathBuf>,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);

/// From here on SIGINT, SIGTERM and SIGHUP end the children, then us.
pub(crate) fn end_children_with_us() -> Result<(), Failure> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]);
    let mut signals = signals.map_err(|error| format!("signals cannot be handled: {error}"))?;
    std::thread::spawn(move || {
        if signals.forever().next().is_none() {
            return;
        }
        // Held to the end, so that no further child is started.
        let mut registry = registry();
        if let Some(registry) = registry.as_mut() {
            for group in std::mem::take(&mut registry.groups) {
                kill(group, Signal::KILL);
            }
            for folder in std::mem::take(&mut registry.folders) {
                let _ = std::fs::remove_dir_all(folder);
            }
        }
        std::process::exit(130);
    });
    Ok(())
}

/// Also remove this folder when a signal ends us.
pub(crate) fn remove_with_us(folder: PathBuf) {
    registry().get_or_insert_default().folders.insert(folder);
}

fn registry() -> MutexGuard<'static, Option<Registry>> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kill(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        // It may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

impl Process {
    /// Starts a child whose standard output and error we read.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy();
        let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        let mut registry = registry();
        let mut child =
            command.spawn().map_err(|error| format!("{name} could not be started: {error}"))?;
        let id = child.id().cast_signed();
        registry.get_or_insert_default().groups.insert(id);
        drop(registry);
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stderr = child.stderr.take().map(|stderr| std::thread::spawn(|| tail(stderr)));
        let group = Pid::from_child(&child);
        Ok(Self { name, child, group, lines, stderr, is_over: false })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its standard output.
    pub(crate) fn line(&mut self, timeout: Duration) -> Result<String, Trouble> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => Err(self.too_slow(timeout)),
            Err(RecvTimeoutError::Disconnected) => match self.wait(GRACE) {
                Some(status) => Err(self.trouble(status, "said nothing")),
                None => Err(self.too_slow(GRACE)),
            },
        }
    }

    /// Waits for its end; gives the lines that it printed.
    pub(crate) fn finish(self, timeout: Duration) -> Result<Vec<String>, Trouble> {
        self.finish_watched(timeout, timeout, |_| {})
    }

    /// The same, calling `watch` with its id again and again until it ends.
    pub(crate) fn finish_watched(
        mut self,
        timeout: Duration,
        every: Duration,
        mut watch: impl FnMut(u32),
    ) -> Result<Vec<String>, Trouble> {
        let deadline = Instant::now() + timeout;
        let mut lines = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.too_slow(timeout));
            }
            match self.lines.recv_timeout(left.min(every)) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Timeout) => watch(self.id()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match self.wait(deadline.saturating_duration_since(Instant::now())) {
            Some(status) if status.success() => Ok(lines),
            Some(status) => Err(self.trouble(status, "failed")),
            None => Err(self.too_slow(timeout)),
        }
    }

    /// Asks it to end; kills it when it does not.
    pub(crate) fn stop(mut self) {
        kill(self.group.as_raw_pid(), Signal::TERM);
        let _ = self.wait(GRACE);
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its exit status, once it has one. Closing its standard output mostly means that it ends.
    fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => return None,
            }
        }
    }

    fn too_slow(&mut self, timeout: Duration) -> Trouble {
        let seconds = timeout.as_secs_f64();
        format!("{} was killed: no answer within {seconds:.0} s", self.name).into()
    }

    fn trouble(&mut self, status: ExitStatus, what: &str) -> Trouble {
        self.kill();
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let reason = match telling(&stderr) {
            Some(line) => line.chars().take(REASON_CHARS_MAX).collect(),
            None => format!("{} {what} ({status})", self.name),
        };
        Trouble { is_unsupported: status.code() == Some(UNSUPPORTED), reason }
    }

    fn kill(&mut self) {
        if self.is_over {
            return;
        }
        self.is_over = true;
        let group = self.group.as_raw_pid();
        // The group may have members left when the child itself is gone; its number cannot be
        // another's before the child is reaped, and is not used after this.
        kill(group, Signal::KILL);
        let _ = self.child.wait();
        registry().get_or_insert_default().groups.remove(&group);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads to the end; keeps the last part.
fn tail(mut stderr: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buf = [0; 4096];
    while let Ok(len @ 1..) = stderr.read(&mut buf) {
        kept.extend_from_slice(&buf[..len]);
        let excess = kept.len().saturating_sub(STDERR_BYTES_MAX);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// The line that tells what went wrong: the first that says `error`, or why Go panics, or the last
/// one. Traces are indented.
fn telling(stderr: &str) -> Option<&str> {
    let error = stderr.lines().find_map(|line| {
        line.strip_prefix("panic: ").or_else(|| line.starts_with("error").then_some(line))
    });
    let is_telling = |line: &&str| line.starts_with(|first: char| !first.is_whitespace());
    error.or_else(|| stderr.lines().rev().find(is_telling)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Process, telling};

    const LONG: Duration = Duration::from_secs(30);

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn lines_come_as_they_are_printed() {
        let mut process = shell("echo ready; read line; sleep 60");
        assert_eq!(process.line(LONG).unwrap(), "ready");
        assert!(process.is_running());
        process.stop();
    }

    #[test]
    fn failure_says_the_last_line_of_stderr() {
        let trouble = shell("echo one >&2; echo two >&2; exit 1").finish(LONG).unwrap_err();
        assert_eq!((trouble.reason.as_str(), trouble.is_unsupported), ("two", false));
        let trouble = shell("echo no streams >&2; exit 2").finish(LONG).unwrap_err();
        assert_eq!((trouble.reason.as_str(), trouble.is_unsupported), ("no streams", true));
    }

    #[test]
    fn traces_and_hints_are_passed_over() {
        let clap = "error: no `x`\n  [values: y]\n\nUsage: x\n\nFor more, try '--help'.\n";
        assert_eq!(telling(clap), Some("error: no `x`"));
        assert_eq!(
            telling("Exception in thread \"main\"\n\tat X.main(X.java:1)\n"),
            Some("Exception in thread \"main\"")
        );
        assert_eq!(telling("panic: it differs\n\nmain.main()\n"), Some("it differs"));
        assert_eq!(telling(" \n"), None);
    }

    #[test]
    fn a_child_that_takes_too_long_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let script = "sleep 60 & echo $! > child; echo ready; wait";
        let mut command = Command::new("sh");
        let mut process =
            Process::start(command.current_dir(&folder).args(["-c", script])).unwrap();
        process.line(LONG).unwrap();
        let trouble = process.finish(Duration::from_millis(50)).unwrap_err();
        assert!(trouble.reason.contains("killed"), "{}", trouble.reason);
        let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        for _ in 0..1000 {
            if is_gone() {
                return;
            }
            // The signal is on its way; nothing tells us when it has arrived.
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_gone(), "{stat} is still there");
    }
}
