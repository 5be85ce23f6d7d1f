//! Arguments of `wingbeat poll` and `wingbeat cancel`.

use std::path::PathBuf;

use super::FlightArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct PollArgs {
    #[command(flatten)]
    pub(crate) flight: FlightArgs,
    /// Print each answer as a JSON object on a line of its own, as it comes
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep the FlightInfo of the latest answer in this file, for wingbeat cancel --info
    #[arg(long, value_name = "FILE")]
    pub(crate) save_info: Option<PathBuf>,
    /// Say nothing about progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    pub(crate) flight: FlightArgs,
    /// Cancel the query of this FlightInfo, which wingbeat poll --save-info keeps, instead of
    /// asking for the flight's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["command", "ticket", "path"])]
    pub(crate) info: Option<PathBuf>,
}
