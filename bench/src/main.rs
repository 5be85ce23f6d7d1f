//! `wingbeat-bench`: the contestant of the benchmark that stands on `wingbeat`, and the limit.

use std::process::ExitCode;

use clap::Parser;
use wingbeat_bench::{Command, Failure, Outcome, run};

/// What the product's program uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures wingbeat.
#[derive(Parser)]
#[command(name = "wingbeat-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match measure(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => complain(&failure),
    }
}

fn measure(command: Command) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(command));
    // Threads that block in a system call are not waited for.
    runtime.shutdown_background();
    outcome
}

#[expect(clippy::print_stderr, reason = "stdout is for results")]
fn complain(failure: &Failure) -> ExitCode {
    eprintln!("wingbeat-bench: {}", failure.message());
    failure.exit_code()
}
