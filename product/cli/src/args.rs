//! The command line's grammar.

mod auth;
mod cluster;
mod flight;
mod output;
mod put;
mod query;
mod serve;
mod session;
mod tls;

use clap::{Parser, Subcommand};

pub(crate) use auth::{CredentialArgs, PasswdArgs, ServeAuthArgs};
pub(crate) use cluster::ServeClusterArgs;
pub(crate) use flight::{ConnectArgs, FlightArgs, ManyArgs, MomentArgs, ReadArgs};
pub(crate) use output::{FormatArg, OutputArgs};
pub(crate) use put::{ModeArg, PutArgs};
pub(crate) use query::{CancelArgs, PollArgs};
pub(crate) use serve::{LogFormatArg, ServeArgs};
pub(crate) use session::{SessionArgs, SessionCommand, SessionSetArgs};
pub(crate) use tls::{ConnectTlsArgs, ServeTlsArgs};

use crate::url::GRAMMAR;

/// Arrow Flight, served and fetched.
#[derive(Debug, Parser)]
#[command(name = "wingbeat", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a folder of Parquet, Arrow IPC, CSV and NDJSON files as flights
    Serve(ServeArgs),
    /// List the flights of a server
    #[command(after_long_help = GRAMMAR)]
    Ls(LsArgs),
    /// Show what a server says about a flight: schema, totals, endpoints
    #[command(after_long_help = GRAMMAR)]
    Info(InfoArgs),
    /// Show the schema of a flight
    #[command(after_long_help = GRAMMAR)]
    Schema(InfoArgs),
    /// Read a flight into a file, or to stdout
    #[command(after_long_help = GRAMMAR)]
    Get(GetArgs),
    /// Write files, or stdin, as flights
    #[command(after_long_help = GRAMMAR)]
    Put(PutArgs),
    /// Delete a flight
    #[command(after_long_help = GRAMMAR)]
    Rm(RmArgs),
    /// Send batches through a DoExchange service and write what comes back
    #[command(after_long_help = GRAMMAR)]
    Exchange(ExchangeArgs),
    /// List the actions of a server
    #[command(after_long_help = GRAMMAR)]
    Actions(ServerArgs),
    /// Run an action of a server
    #[command(after_long_help = GRAMMAR)]
    Action(ActionArgs),
    /// Poll for a long-running query until it is complete
    #[command(after_long_help = GRAMMAR)]
    Poll(PollArgs),
    /// End a query on its server
    #[command(after_long_help = GRAMMAR)]
    Cancel(CancelArgs),
    /// Set, show and end the options of a session
    #[command(subcommand)]
    Session(SessionCommand),
    /// Measure how fast a server answers
    #[command(after_long_help = GRAMMAR)]
    Ping(PingArgs),
    /// Generate data, serve it, upload it, read it back and time all of it
    Demo(DemoArgs),
    /// Make the line of a user for `wingbeat serve --auth-users`; the password comes from stdin, or
    /// is asked for
    Passwd(PasswdArgs),
    /// Print the completion script of a shell
    Completion(CompletionArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct LsArgs {
    /// The server, a prefix of flights on it (grpc://HOST/PREFIX/), or one flight
    pub(crate) url: String,
    /// Send these bytes as the criteria instead of the prefix (@FILE reads them from a file)
    #[arg(long, value_name = "BYTES|@FILE")]
    pub(crate) criteria: Option<String>,
    /// Print one JSON object a flight
    #[arg(long)]
    pub(crate) json: bool,
    /// Print rows, bytes, columns and format before the names, `-` where the server does not say
    #[arg(short, long)]
    pub(crate) long: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub(crate) flight: FlightArgs,
    #[command(flatten)]
    pub(crate) moment: MomentArgs,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) flight: FlightArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) many: ManyArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RmArgs {
    /// The flights to delete
    #[arg(required = true, value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// Delete folders, and files that the server did not write, too
    #[arg(long)]
    pub(crate) force: bool,
    /// Print one JSON object a flight
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExchangeArgs {
    #[command(flatten)]
    pub(crate) flight: FlightArgs,
    /// The file to send, `-` for stdin
    #[arg(short, long, default_value = "-", value_name = "FILE|-")]
    pub(crate) input: String,
    /// The format of the input, where its name does not say
    #[arg(long, value_enum)]
    pub(crate) input_format: Option<FormatArg>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// The server
    pub(crate) url: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ActionArgs {
    /// The server
    pub(crate) url: String,
    /// The type of the action
    pub(crate) r#type: String,
    /// The body of the action (@FILE reads it from a file, @- from stdin)
    #[arg(default_value = "", value_name = "BODY|@FILE")]
    pub(crate) body: String,
    /// Print each result as a JSON object with `text`, or `base64` where it is no text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PingArgs {
    /// The server
    pub(crate) url: String,
    /// How many calls to time
    #[arg(
        short = 'n',
        long,
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) count: u32,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// The TPC-H scale factor: 1 is 6 million rows, about 1 GiB of Arrow data
    #[arg(long, default_value_t = 1.0, value_parser = parse_scale)]
    pub(crate) scale: f64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep the folder with the uploaded flight, and say where it is
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if (0.001..=1000.0).contains(&scale) => Ok(scale),
        _ => Err("the scale factor is a number from 0.001 to 1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_put_takes_files_and_a_url() {
        let cli = Cli::parse_from(["wingbeat", "put", "a.csv", "b.csv", "grpc://h/x"]);
        let Command::Put(put) = cli.command else { panic!("{cli:?}") };
        assert_eq!(put.files, ["a.csv", "b.csv"]);
        assert_eq!(put.url, "grpc://h/x");
        assert!(Cli::try_parse_from(["wingbeat", "put", "grpc://h/x"]).is_err());
    }
}
