//! The arguments of `wingbeat serve` about tickets and other servers.

use std::path::PathBuf;
use std::time::Duration;

use super::flight::parse_duration;

/// Every flag can come from the environment as well: WINGBEAT_ and its name.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Tickets and other servers")]
pub(crate) struct ServeClusterArgs {
    /// Sign tickets with the key on the first line of this file, and take those that any of its
    /// keys has signed; read again when it changes. Servers with the same keys take each other's
    /// tickets. WINGBEAT_TICKET_KEY may hold the same lines. Without either the folder keeps a key
    #[arg(long, value_name = "FILE", env = "WINGBEAT_TICKET_KEY_FILE")]
    pub(crate) ticket_key_file: Option<PathBuf>,
    /// How long a ticket is good
    #[arg(
        long,
        default_value = "1h",
        value_name = "DURATION",
        env = "WINGBEAT_TICKET_LIFETIME",
        value_parser = parse_duration
    )]
    pub(crate) ticket_lifetime: Duration,
    /// For tests: by how many seconds the clock of tickets is fast
    #[arg(long, default_value_t = 0, hide = true, allow_hyphen_values = true)]
    pub(crate) clock_fast: i64,
}
