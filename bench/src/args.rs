//! The command line, the same for all contestants but for what only this one does.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wingbeat::Address;

use crate::workload::Workload;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the workloads from memory; prints `listening on URI`.
    Server {
        /// `grpc://HOST:PORT`, `grpc+tls://HOST:PORT` or `grpc+unix:///PATH`.
        #[arg(long, default_value = "grpc://127.0.0.1:0")]
        bind: Address,
    },
    /// Move a workload to or from a server, and print a line for each run.
    Client(ClientArgs),
    /// Time small calls, one after another.
    Latency {
        /// The server.
        uri: Address,
        /// How many calls of each kind.
        calls: u32,
        /// The workload of streams beside them on the same connection, `NAME` or `NAME:BATCHES`.
        #[arg(long)]
        beside: Option<Workload>,
        /// How many streams.
        #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
        streams: u32,
    },
    /// Move the bytes of `large` over a raw socket.
    Limit(LimitArgs),
    /// The sending process of `limit`.
    #[command(hide = true)]
    LimitSend {
        /// Where the reader listens.
        uri: Address,
        /// How many bytes to send.
        bytes: u64,
    },
    /// Read any flight: GetFlightInfo, then every endpoint.
    Fetch {
        /// The server.
        uri: Address,
        /// The flight, as `NAME` or `FOLDER/NAME`.
        path: String,
        /// How often.
        runs: u32,
    },
    /// Write a Parquet file, read into memory before, as a flight.
    Upload {
        /// The server.
        uri: Address,
        /// The flight, which is replaced.
        path: String,
        /// The file.
        file: PathBuf,
        /// How often.
        runs: u32,
    },
    /// Read or write Parquet in this process, as the product does it.
    #[command(subcommand)]
    Parquet(Parquet),
    /// Make files to measure with.
    #[command(subcommand)]
    Make(Make),
}

/// What to do with a Parquet file.
#[derive(Debug, Subcommand)]
pub enum Parquet {
    /// Decode a file.
    Read {
        /// The file.
        file: PathBuf,
        /// How often.
        runs: u32,
    },
    /// Write what a file holds, read into memory before.
    Write {
        /// The file.
        input: PathBuf,
        /// Where to write, on the disk that is to be measured.
        output: PathBuf,
        /// How often.
        runs: u32,
    },
}

/// Which file to make.
#[derive(Debug, Subcommand)]
pub enum Make {
    /// The beginning of TPC-H's lineitem as Parquet.
    Parquet {
        /// Where to write it.
        file: PathBuf,
        /// How much Arrow data it is to hold, in MiB.
        #[arg(long, default_value_t = 1024)]
        mib: u64,
    },
    /// A certificate for this machine that signs itself, `server.crt` and `server.key`.
    Certificate {
        /// The folder to write them to, which is what `BENCH_TLS_FOLDER` then names.
        folder: PathBuf,
    },
}

/// The arguments of `client`.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// The server.
    pub uri: Address,
    /// The direction.
    pub method: Method,
    /// `NAME` or `NAME:BATCHES`.
    pub workload: Workload,
    /// How often.
    pub runs: u32,
    /// How many calls at once, each of the whole workload.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub streams: u32,
    /// How many connections they are spread over.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
}

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// DoGet.
    Get,
    /// DoPut.
    Put,
    /// DoExchange, with a server that sends back what comes.
    Exchange,
}

/// The arguments of `limit`.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Which kind of socket.
    pub socket: Socket,
    /// How often.
    pub runs: u32,
    /// How many bytes a run moves.
    #[arg(long, default_value_t = 2 << 30)]
    pub bytes: u64,
}

/// A kind of stream socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Socket {
    /// TCP over loopback.
    Tcp,
    /// A Unix socket.
    Unix,
}
