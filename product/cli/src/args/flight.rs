//! Arguments that say which flight, on which server, and what of it.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConnectTlsArgs, CredentialArgs};

/// How to reach a server.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConnectArgs {
    /// Send this header with every call (VALUE may be @FILE, @- for stdin, and has to be for
    /// authorization, auth-token-bin and cookie); repeatable
    #[arg(short = 'H', long = "header", value_name = "KEY=VALUE")]
    pub(crate) headers: Vec<String>,
    /// Keep cookies in this file from one command to the next, for each server its own; a session
    /// needs that
    #[arg(long, value_name = "FILE")]
    pub(crate) cookies: Option<PathBuf>,
    /// Send credentials (authorization, auth-token-bin, cookie) in plaintext to another host too
    #[arg(long)]
    pub(crate) plaintext_credentials: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// Give up when a call takes longer (10s, 5m)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) tls: ConnectTlsArgs,
}

/// A flight, by the URL's path or by what a foreign server may want instead.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FlightArgs {
    /// The flight, or the server alone where --cmd, --ticket or --path says which flight
    pub(crate) url: String,
    /// Ask with a command descriptor (@FILE reads it from a file)
    #[arg(long = "cmd", value_name = "BYTES|@FILE", conflicts_with_all = ["path", "ticket"])]
    pub(crate) command: Option<String>,
    /// Redeem this ticket without asking for the flight's info (@FILE reads it from a file)
    #[arg(long, value_name = "BYTES|@FILE", conflicts_with = "path")]
    pub(crate) ticket: Option<String>,
    /// Ask with a path descriptor of exactly these components; repeatable
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) path: Vec<String>,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// Which columns and rows of a flight; a Wingbeat server reads no more than that.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ReadArgs {
    /// Read these columns only, in this order
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) columns: Vec<String>,
    /// Read the rows for which this holds, as `price >= 10`; repeatable, all must hold
    #[arg(long, value_name = "COLUMN OP VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// Read at most this many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Pass over this many rows first
    #[arg(long, value_name = "N")]
    pub(crate) offset: Option<u64>,
    #[command(flatten)]
    pub(crate) moment: MomentArgs,
}

/// Which version of a flight that has a history; without one the youngest.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct MomentArgs {
    /// Read this version of a Delta table
    #[arg(long, value_name = "N", conflicts_with = "at")]
    pub(crate) version: Option<u64>,
    /// Read the version that was the youngest at this time (2026-01-31T12:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

/// How a flight is read that lies on many servers.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ManyArgs {
    /// Read over so many connections at once (default: one a core, from 4 to 16)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: Option<u16>,
    /// Send headers, credentials and cookies to this host too (HOST, HOST:PORT, *.DOMAIN) where
    /// the flight lies there; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) trust: Vec<String>,
    /// Read what lies at http:// and https:// locations on this host (HOST, HOST:PORT) as Arrow IPC
    /// streams, without any credentials; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_http: Vec<String>,
}

impl ReadArgs {
    /// Whether the whole flight is asked for.
    pub(crate) fn is_everything(&self) -> bool {
        self.columns.is_empty()
            && self.filter.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
            && self.moment.version.is_none()
            && self.moment.at.is_none()
    }
}

/// One `COLUMN OP VALUE`, as the JSON of a read spells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilterArg(pub(crate) serde_json::Value);

impl std::str::FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The longer operators come first, so that `<=` is not taken for `<`.
        const OPERATORS: [&str; 7] = ["==", "!=", "<=", ">=", "<", ">", "="];
        let found = OPERATORS
            .iter()
            .filter_map(|op| text.find(op).map(|at| (at, *op)))
            .min_by_key(|(at, op)| (*at, std::cmp::Reverse(op.len())));
        let Some((at, op)) = found else {
            return Err(format!("{text:?} has none of the operators {}", OPERATORS.join(" ")));
        };
        let column = text[..at].trim();
        let value = text[at + op.len()..].trim();
        if column.is_empty() || value.is_empty() {
            return Err(format!("{text:?} is not of the form COLUMN OP VALUE"));
        }
        let op = if op == "=" { "==" } else { op };
        Ok(Self(serde_json::json!([column, op, literal(value)])))
    }
}

/// A number, true, false and a quoted string as in JSON; anything else is a string as it stands,
/// and so is a number whose digits a double would not keep.
fn literal(text: &str) -> serde_json::Value {
    /// Every number of so many digits is a double, and the same number when it is written again.
    const DIGITS_MAX: usize = 15;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Number(number)) if number.is_f64() && digits > DIGITS_MAX => {
            text.into()
        }
        Ok(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => value,
        Ok(serde_json::Value::String(text)) => text.into(),
        _ => text.trim_matches('\'').into(),
    }
}

/// Reads `1500ms`, `10s`, `5m`, `1h`; a bare number counts seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit_ms = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{unit:?} is not one of the units ms, s, m, h")),
    };
    let number: u64 = number.trim().parse().map_err(|_| format!("{number:?} is no number"))?;
    match number.checked_mul(unit_ms) {
        Some(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
        _ => Err("the duration is zero or too long".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_json() {
        for (text, expected) in [
            ("price >= 10", serde_json::json!(["price", ">=", 10])),
            ("price<=1.5", serde_json::json!(["price", "<=", 1.5])),
            ("name=goose", serde_json::json!(["name", "==", "goose"])),
            ("name != '10'", serde_json::json!(["name", "!=", "10"])),
            ("name == \"10\"", serde_json::json!(["name", "==", "10"])),
            ("sum == 123456789012345.67", serde_json::json!(["sum", "==", "123456789012345.67"])),
            ("id < 18446744073709551615", serde_json::json!(["id", "<", u64::MAX])),
            ("id < 18446744073709551616", serde_json::json!(["id", "<", "18446744073709551616"])),
            ("ok == true", serde_json::json!(["ok", "==", true])),
        ] {
            assert_eq!(text.parse(), Ok(FilterArg(expected)), "{text}");
        }
        for text in ["price", ">= 10", "price >="] {
            assert!(text.parse::<FilterArg>().is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("10"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_secs(300)));
        for text in ["", "0s", "5d", "s", "-1s", "99999999999999999999s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
