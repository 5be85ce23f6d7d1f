//! `flight-test-integration-client`: our client for the harness of Arrow's integration tests.
#![expect(clippy::print_stderr, reason = "the harness shows what went wrong")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use wingbeat::{Client, Result};
use wingbeat_testkit::scenarios::Scenario;

/// A call that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Plays the client of one scenario of Arrow's integration tests. Exits with 0 when the server
/// answered as it has to.
#[derive(Parser)]
#[command(name = "flight-test-integration-client")]
struct Cli {
    /// The server's host.
    #[arg(long, default_value = "localhost")]
    host: String,
    /// The server's port.
    #[arg(long)]
    port: u16,
    /// The scenario by its name in the harness.
    #[arg(long)]
    scenario: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<()> {
    let client = Client::new(format!("grpc://{}:{}", cli.host, cli.port))?.with_timeout(TIMEOUT);
    cli.scenario.parse::<Scenario>()?.run(&client).await
}
