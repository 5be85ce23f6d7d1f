//! `wingbeat-interop`: our side of the tests against other implementations of Flight.
//!
//! `serve` keeps the contract of `interop/README.md`; every other command is one client call that
//! prints its result as JSON. An error of the call is JSON too, with exit status 1.
#![expect(clippy::print_stdout, reason = "the tests read what this program prints")]

mod certificates;
mod client;
mod data_files;
mod files;
mod report;
mod service;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Report;

/// Our side of the tests against other implementations of Flight.
#[derive(Parser)]
#[command(name = "wingbeat-interop")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the streams of a folder; prints `listening on grpc://HOST:PORT`.
    Serve {
        folder: PathBuf,
        #[arg(long, default_value = "grpc://127.0.0.1:0")]
        bind: String,
        /// A certificate, its key and the roots of clients, for `grpc+tls://`.
        #[arg(long, num_args = 3, value_names = ["CERT", "KEY", "CLIENT_CA"])]
        tls: Vec<PathBuf>,
    },
    /// Write certificates for the tests of TLS.
    Certificates { folder: PathBuf },
    /// Write the data files of Arrow's integration tests into a folder; prints their names.
    DataFiles { folder: PathBuf },
    #[command(flatten)]
    Client(client::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve { folder, bind, tls } => serve(folder, &bind, &tls).await,
        Command::Certificates { folder } => certificates::write(&folder),
        Command::DataFiles { folder } => data_files::write(&folder),
        Command::Client(command) => client::run(command).await,
    };
    match done {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", report::of_error(&error));
            ExitCode::FAILURE
        }
    }
}

async fn serve(folder: PathBuf, bind: &str, tls: &[PathBuf]) -> wingbeat::Result<Report> {
    let mut server = wingbeat::Server::bind(bind)
        .await?
        .actions(service::action_types())
        .sessions(wingbeat::Sessions::in_memory())
        .middleware(service::echo_header);
    if let [certificate, key, client_roots] = tls {
        let tls = wingbeat::ServerTls::from_pem_files(certificate, key)?;
        let roots = wingbeat::PemSource::file(client_roots);
        server = server.tls(tls.with_optional_client_roots(roots)?);
    }
    println!("listening on {}", server.local_addr());
    server.serve(service::Contract::new(folder)).await?;
    Ok(Report::Null)
}
