//! `flight-test-integration-client`: our client for the harness of Arrow's integration tests.
#![expect(clippy::print_stderr, reason = "the harness shows what went wrong")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use wingbeat::{Client, Error, Result};
use wingbeat_testkit::json;
use wingbeat_testkit::scenarios::{DataFile, Scenario};

/// A call that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Plays the client of one scenario of Arrow's integration tests, or puts a data file and reads it
/// back. Exits with 0 when the server answered as it has to.
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
    #[arg(long, conflicts_with = "path", required_unless_present = "path")]
    scenario: Option<String>,
    /// The JSON of a data file.
    #[arg(long)]
    path: Option<String>,
    /// Do not put the data file: another client has.
    #[arg(long, requires = "path")]
    uploaded: bool,
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
    match (&cli.scenario, &cli.path) {
        (Some(scenario), _) => scenario.parse::<Scenario>()?.run(&client).await,
        (None, Some(path)) => {
            let (schema, batches) = json::read(&tokio::fs::read(path).await?)?;
            let file = DataFile { schema, batches };
            match cli.uploaded {
                true => file.get(&client, path).await,
                false => file.run(&client, path).await,
            }
        }
        (None, None) => Err(Error::invalid_argument("neither a scenario nor a path")),
    }
}
