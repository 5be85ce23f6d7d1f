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
mod target;
mod url;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::exit::{EXIT_CODES, Failure, Outcome};

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
    // A blocking read of stdin cannot be interrupted; do not wait for it.
    runtime.shutdown_background();
    result
}

/// Runs `work` until it ends or Ctrl-C is pressed; what is dropped then resets its calls.
async fn until_interrupted<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    }
}
