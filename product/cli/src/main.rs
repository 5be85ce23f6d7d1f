//! The `wingbeat` binary: serve folders as Arrow Flight, and treat flights like files.
//!
//! Data goes to stdout and only data; talk and progress go to stderr.

mod args;
mod bytes_arg;
mod commands;
mod connect;
mod exit;
mod output;
mod progress;
mod prompt;
mod target;
mod tls;
mod url;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::Cli;
use crate::exit::{EXIT_CODES, Failure, Outcome};

/// How long the end waits for work in the background.
const GOODBYE: Duration = Duration::from_millis(200);

/// Record batches are freed on other threads than they were made on. The system's allocator keeps
/// such memory: fifty slow readers left a server at 1.4 GB for good.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and mistakes to stderr, and knows which exit code.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = failure.message() {
                progress::say(&format!("wingbeat: {message}"));
            }
            failure.exit_code()
        }
    }
}

fn parse() -> Result<Cli, clap::Error> {
    let help = format!("{}\n\n{EXIT_CODES}", url::GRAMMAR);
    let matches = Cli::command().after_help(help).try_get_matches()?;
    Cli::from_arg_matches(&matches)
}

fn run(cli: Cli) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(commands::run(cli.command));
    // What was dropped gets a moment to say so to the server and to the disk; a blocking read of
    // stdin cannot be interrupted and is not waited for.
    runtime.shutdown_timeout(GOODBYE);
    result
}

/// Runs `work` until it ends or a signal asks to stop; what is dropped then resets its calls and
/// removes its unfinished files.
async fn until_interrupted<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let kind = tokio::select! {
        result = work => return result,
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
        _ = hangup.recv() => SignalKind::hangup(),
    };
    Err(Failure::Interrupted(u8::try_from(kind.as_raw_value()).unwrap_or_default()))
}
