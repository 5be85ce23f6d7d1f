//! From the command line to what does it.

use crate::args::{Command, Make, Parquet};
use crate::failure::{Failure, Outcome};
use crate::{certificate, client, flight, latency, limit, parquet, server};

/// Does what is asked and prints what was measured.
///
/// # Errors
/// When it cannot be done, or what came is not what was expected.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::Server { bind } => server::run(&bind).await,
        Command::Client(args) => client::run(args).await,
        Command::Latency { uri, calls, beside, streams } => {
            latency::run(&uri, calls, beside.map(|workload| (workload, streams))).await
        }
        Command::Limit(args) => blocking(move || limit::run(&args)).await,
        Command::LimitSend { uri, bytes } => blocking(move || limit::send(&uri, bytes)).await,
        Command::Fetch { uri, path, runs } => flight::fetch(&uri, &path, runs).await,
        Command::Upload { uri, path, file, runs } => flight::upload(&uri, &path, file, runs).await,
        Command::Parquet(Parquet::Read { file, runs }) => {
            blocking(move || parquet::read(&file, runs)).await
        }
        Command::Parquet(Parquet::Write { input, output, runs }) => {
            blocking(move || parquet::write(&input, &output, runs)).await
        }
        Command::Make(Make::Parquet { file, mib }) => {
            blocking(move || parquet::make(&file, mib)).await
        }
        Command::Make(Make::Certificate { folder }) => {
            blocking(move || certificate::make(&folder)).await
        }
    }
}

/// Runs what blocks on a thread for that.
async fn blocking(work: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
    tokio::task::spawn_blocking(work).await.map_err(Failure::failed)?
}
