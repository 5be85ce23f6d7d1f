//! `flight-test-integration-server`: our server for the harness of Arrow's integration tests.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the harness reads the first line")]

use std::process::ExitCode;

use clap::Parser;
use wingbeat::{Result, Server};
use wingbeat_testkit::scenarios::{Scenario, serve_data_files};

/// Serves one scenario of Arrow's integration tests, or their data files when none is named.
/// Prints `Server listening on localhost:PORT` and runs until it is killed.
#[derive(Parser)]
#[command(name = "flight-test-integration-server")]
struct Cli {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The port to listen on; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The scenario by its name in the harness.
    #[arg(long)]
    scenario: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(cli: &Cli) -> Result<()> {
    let scenario = cli.scenario.as_deref().map(str::parse::<Scenario>).transpose()?;
    let server = Server::bind(format!("grpc://{}:{}", cli.host, cli.port)).await?;
    let address = server.local_addr().to_string();
    let port = address.rsplit(':').next().unwrap_or_default();
    println!("Server listening on localhost:{port}");
    match scenario {
        Some(scenario) => scenario.serve(server, std::future::pending()).await,
        None => serve_data_files(server, std::future::pending()).await,
    }
}
