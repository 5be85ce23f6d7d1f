//! Stages: named steps run one after the other, up to the first that fails.

use std::process::{Command, ExitCode};
use std::time::Instant;

/// What went wrong, in words for the terminal.
pub(crate) type Failure = String;

/// The steps of one `cargo xtask` command. After a failure the remaining steps are passed over.
pub(crate) struct Stages {
    name: &'static str,
    started: Instant,
    passed: usize,
    failed: Option<(String, Failure)>,
}

impl Stages {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, started: Instant::now(), passed: 0, failed: None }
    }

    /// Runs a step of our own.
    pub(crate) fn check(&mut self, stage: &str, check: impl FnOnce() -> Result<(), Failure>) {
        if self.failed.is_some() {
            return;
        }
        println!("\n==> {stage}");
        let started = Instant::now();
        match check() {
            Ok(()) => {
                self.passed += 1;
                println!("==> {stage}: ok in {}", seconds(started));
            }
            Err(failure) => self.failed = Some((stage.to_owned(), failure)),
        }
    }

    /// Runs a program; its exit status decides.
    pub(crate) fn command(&mut self, stage: &str, command: &mut Command) {
        self.check(stage, || execute(command));
    }

    /// Prints the closing line.
    pub(crate) fn finish(self) -> ExitCode {
        let name = self.name;
        match self.failed {
            None => {
                println!("\nxtask {name}: {} stages ok in {}", self.passed, seconds(self.started));
                ExitCode::SUCCESS
            }
            Some((stage, failure)) => {
                println!("\n{failure}");
                println!(
                    "xtask {name}: FAILED in stage \"{stage}\" after {}",
                    seconds(self.started)
                );
                ExitCode::FAILURE
            }
        }
    }
}

/// Shows a command, runs it to its end and turns a bad exit status into a failure.
pub(crate) fn execute(command: &mut Command) -> Result<(), Failure> {
    let line = shown(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit(['/', '\\']).next().unwrap_or(&program).to_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}

fn seconds(started: Instant) -> String {
    format!("{:.1} s", started.elapsed().as_secs_f64())
}
