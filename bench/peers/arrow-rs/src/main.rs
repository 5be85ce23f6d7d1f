//! The contestant on arrow-rs: `arrow-flight` over tonic.

mod args;
mod client;
mod columns;
mod latency;
mod server;
mod workload;

use std::process::ExitCode;

use crate::args::Command;

/// What the contestant on `wingbeat` uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why something failed: for people.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(command) = Command::parse(std::env::args().skip(1)) else {
        eprintln!("{}", args::USAGE);
        return ExitCode::from(2);
    };
    let outcome = match command {
        Command::Server { bind } => server::run(&bind).await,
        Command::Client(client) => client::run(client).await,
        Command::Latency { uri, calls } => latency::run(&uri, calls).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
