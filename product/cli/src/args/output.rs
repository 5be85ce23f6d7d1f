//! Arguments that say where data goes and in which format.

use wingbeat_store::Format;

/// Where the rows go.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OutputArgs {
    /// Write to this file, whose extension names the format; `-` is stdout
    #[arg(short, long, default_value = "-", value_name = "FILE|-")]
    pub(crate) output: String,
    /// The format, where the file's name does not say; on stdout a terminal gets a table, anything
    /// else Arrow IPC (arrows)
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatArg>,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// A format, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FormatArg {
    /// Apache Parquet
    Parquet,
    /// Arrow IPC file
    Arrow,
    /// Arrow IPC stream
    Arrows,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
    /// A table for people
    Table,
}

impl FormatArg {
    /// The file format; `None` for a table, which is no file format.
    pub(crate) fn file_format(self) -> Option<Format> {
        match self {
            Self::Parquet => Some(Format::Parquet),
            Self::Arrow => Some(Format::Arrow),
            Self::Arrows => Some(Format::ArrowStream),
            Self::Csv => Some(Format::Csv),
            Self::Ndjson => Some(Format::Ndjson),
            Self::Table => None,
        }
    }
}
