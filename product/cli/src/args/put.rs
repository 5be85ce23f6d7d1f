//! The arguments of `wingbeat put`.

use super::{ConnectArgs, FormatArg};

#[derive(Debug, clap::Args)]
pub(crate) struct PutArgs {
    /// The files to send; `-` is stdin
    #[arg(required = true, num_args = 1.., value_name = "FILE|-")]
    pub(crate) files: Vec<String>,
    /// The flight to write. Several files become this one flight, in one upload that is there
    /// whole or not at all; with a trailing slash each file becomes a flight of its own below it
    pub(crate) url: String,
    /// What to do where the flight is there already; without it, a flight that the server wrote
    /// is replaced, and anything else is refused
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeArg>,
    /// The format of the input, where its name does not say (needed for stdin)
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// The format in which the server stores the flight: parquet, arrow, or delta, which makes it
    /// a Delta table of Parquet files
    #[arg(long, value_name = "FORMAT")]
    pub(crate) store_as: Option<String>,
    /// The compression in which the server stores the flight: none, snappy, lz4, zstd, zstd:LEVEL
    #[arg(long, value_name = "CODEC")]
    pub(crate) compression: Option<String>,
    /// An id for this upload: repeated with the same id, it is not written twice
    #[arg(long, value_name = "ID")]
    pub(crate) upload_id: Option<String>,
    /// Send a command descriptor instead of a path (@FILE reads it from a file)
    #[arg(long = "cmd", value_name = "BYTES|@FILE", conflicts_with = "path")]
    pub(crate) command: Option<String>,
    /// Send a path descriptor of exactly these components; repeatable
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) path: Vec<String>,
    /// Print one JSON object a flight
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress, and say nothing where all went well
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// What an upload does where its flight is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ModeArg {
    /// Put the upload in the place of whatever is there, folders and foreign files too
    Replace,
    /// Fail
    Create,
    /// Add to it, which has to be there and, on a Wingbeat server, a Delta table
    Append,
    /// The same, and make the table if there is none
    #[value(name = "create_append", alias = "create-append")]
    CreateAppend,
}

impl ModeArg {
    /// What the header says.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Create => "create",
            Self::Append => "append",
            Self::CreateAppend => "create_append",
        }
    }
}
