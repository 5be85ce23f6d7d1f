//! Arguments of `wingbeat session`.

use super::ConnectArgs;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SessionCommand {
    /// Set options, and begin a session where there is none
    Set(SessionSetArgs),
    /// Show the options
    Get(SessionArgs),
    /// End the session
    Close(SessionArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SessionSetArgs {
    /// The server
    pub(crate) url: String,
    /// KEY=TEXT, or KEY:=JSON for true, false, numbers, lists of strings, and null, which unsets
    #[arg(required = true, value_name = "KEY=TEXT|KEY:=JSON")]
    pub(crate) options: Vec<String>,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SessionArgs {
    /// The server
    pub(crate) url: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}
