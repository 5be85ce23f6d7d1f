//! From the command line to what does it.

use crate::args::Command;
use crate::failure::{Failure, Outcome};
use crate::{client, limit, server};

/// Does what is asked and prints what was measured.
///
/// # Errors
/// When it cannot be done, or what came is not what was expected.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::Server { bind } => server::run(&bind).await,
        Command::Client(args) => client::run(args).await,
        Command::Limit(args) => blocking(move || limit::run(&args)).await,
        Command::LimitSend { uri, bytes } => blocking(move || limit::send(&uri, bytes)).await,
    }
}

/// Runs what blocks on a thread for that.
async fn blocking(work: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
    tokio::task::spawn_blocking(work).await.map_err(Failure::failed)?
}
