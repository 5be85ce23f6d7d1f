//! The arguments of `wingbeat serve`.

use std::time::Duration;

use clap::builder::ArgPredicate;

use super::flight::parse_duration;
use super::{ServeAuthArgs, ServeClusterArgs, ServeTlsArgs};

/// Every flag can come from the environment as well: WINGBEAT_ and its name.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The folder whose files are served, or s3://BUCKET/PREFIX with the endpoint and credentials
    /// of the AWS_* variables
    #[arg(default_value = ".", value_name = "PATH", env = "WINGBEAT_PATH")]
    pub(crate) path: String,
    /// An address to listen on; port 0 takes a free one; repeatable. With a certificate the default
    /// is grpc+tls://127.0.0.1:8815
    #[arg(
        long,
        default_value = "grpc://127.0.0.1:8815",
        default_value_ifs = [
            ("tls_cert", ArgPredicate::IsPresent, "grpc+tls://127.0.0.1:8815"),
            ("tls_self_signed", ArgPredicate::Equals("true".into()), "grpc+tls://127.0.0.1:8815"),
        ],
        value_name = "URI",
        env = "WINGBEAT_BIND",
        value_delimiter = ','
    )]
    pub(crate) bind: Vec<String>,
    /// Refuse every write
    #[arg(long, env = "WINGBEAT_READ_ONLY")]
    pub(crate) read_only: bool,
    /// Let anybody who reaches an address that is neither loopback nor a Unix socket write and
    /// delete flights
    #[arg(long, env = "WINGBEAT_ALLOW_ANONYMOUS_REMOTE_WRITES")]
    pub(crate) allow_anonymous_remote_writes: bool,
    /// Connections accepted at once, for each address
    #[arg(long, default_value_t = 1024, value_name = "N", env = "WINGBEAT_MAX_CONNECTIONS")]
    pub(crate) max_connections: usize,
    /// Uploads running at once
    #[arg(long, default_value_t = 64, value_name = "N", env = "WINGBEAT_MAX_UPLOADS")]
    pub(crate) max_uploads: usize,
    /// Memory that running reads and uploads may hold together (512MiB, 4GiB)
    #[arg(
        long,
        default_value = "2GiB",
        value_name = "BYTES",
        env = "WINGBEAT_MEMORY_LIMIT",
        value_parser = parse_bytes
    )]
    pub(crate) memory_limit: u64,
    /// The bytes on disk that an endpoint of a flight aims at; flights of more have several, which
    /// clients read at once
    #[arg(
        long,
        default_value = "64MiB",
        value_name = "BYTES",
        env = "WINGBEAT_ENDPOINT_BYTES",
        value_parser = parse_bytes
    )]
    pub(crate) endpoint_bytes: u64,
    /// End a stream that makes no progress for this long
    #[arg(
        long,
        default_value = "5m",
        value_name = "DURATION",
        env = "WINGBEAT_STALL_TIMEOUT",
        value_parser = parse_duration
    )]
    pub(crate) stall_timeout: Duration,
    /// Tell a client whose connection is older to open another one; its calls may finish
    #[arg(
        long,
        value_name = "DURATION",
        env = "WINGBEAT_MAX_CONNECTION_AGE",
        value_parser = parse_duration
    )]
    pub(crate) max_connection_age: Option<Duration>,
    /// How long running reads may finish after SIGTERM or Ctrl-C
    #[arg(
        long,
        default_value = "30s",
        value_name = "DURATION",
        env = "WINGBEAT_DRAIN",
        value_parser = parse_duration
    )]
    pub(crate) drain: Duration,
    /// The form of the log on stderr
    #[arg(long, value_enum, default_value = "text", env = "WINGBEAT_LOG_FORMAT")]
    pub(crate) log_format: LogFormatArg,
    /// What is logged, in the syntax of tracing filters (error, info, wingbeat=debug)
    #[arg(long, default_value = "info", value_name = "FILTER", env = "WINGBEAT_LOG")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) cluster: ServeClusterArgs,
    #[command(flatten)]
    pub(crate) tls: ServeTlsArgs,
    #[command(flatten)]
    pub(crate) auth: ServeAuthArgs,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormatArg {
    /// One line of text an event
    Text,
    /// One JSON object an event
    Json,
}

/// Reads `1024`, `64KiB`, `512MiB`, `4GiB`, and the same with decimal units (`MB`).
fn parse_bytes(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => {
            return Err(format!(
                "{unit:?} is not one of the units KiB, MiB, GiB, TiB, KB, MB, GB, TB"
            ));
        }
    };
    let number: u64 = number.trim().parse().map_err(|_| format!("{number:?} is no number"))?;
    number.checked_mul(unit).ok_or_else(|| format!("{text:?} is too much"))
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn bytes_have_units() {
        assert_eq!(parse_bytes("1024"), Ok(1024));
        assert_eq!(parse_bytes("2GiB"), Ok(2 << 30));
        assert_eq!(parse_bytes("64 mb"), Ok(64_000_000));
        for text in ["", "x", "1XB", "99999999999999TiB"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
