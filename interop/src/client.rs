//! The client commands: one call each, its result as JSON.

mod around;
mod ask;
mod read;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use wingbeat::{
    Client, Compression, EncodeOptions, Error, FlightDescriptor, HeaderName, HeaderValue,
    MessageSize, Result,
};

use crate::report::Report;

/// One client call.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// ListFlights.
    List { address: String, criteria: String },
    /// GetFlightInfo.
    Info {
        address: String,
        #[command(flatten)]
        name: Name,
    },
    /// PollFlightInfo.
    Poll { address: String, name: String },
    /// GetSchema, into a file.
    Schema { address: String, name: String, out: PathBuf },
    /// The schema of GetFlightInfo, into a file.
    InfoSchema { address: String, name: String, out: PathBuf },
    /// DoGet, into a file.
    Get { address: String, ticket: String, out: PathBuf },
    /// DoGet, given up after some chunks; ends when the server has noticed.
    Drop { address: String, ticket: String, chunks: usize, cancelled_before: u64 },
    /// DoPut, from a file.
    Put {
        address: String,
        name: String,
        file: PathBuf,
        #[command(flatten)]
        how: Encoding,
    },
    /// DoExchange, from a file into a file.
    Exchange {
        address: String,
        command: String,
        file: PathBuf,
        out: PathBuf,
        #[command(flatten)]
        how: Encoding,
    },
    /// DoExchange with metadata alone.
    Count { address: String, messages: usize },
    /// DoAction.
    Action {
        address: String,
        r#type: String,
        body: String,
        #[command(flatten)]
        call: Call,
    },
    /// ListActions.
    Actions {
        address: String,
        #[command(flatten)]
        call: Call,
    },
    /// Handshake with a BasicAuth payload.
    Handshake { address: String, user: String, password: String },
    /// Authentication in one of its shapes, then the action `identity`.
    Authenticate { address: String, shape: Shape, user: String, password: String },
    /// Two calls with the middleware, one of which fails, and what it saw.
    Middleware { address: String, value: String },
    /// A session from its first option to its end, kept by a cookie.
    Session { address: String },
}

/// A descriptor.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Name {
    #[arg(long)]
    path: Option<String>,
    #[arg(long)]
    command: Option<String>,
}

impl Name {
    fn descriptor(self) -> FlightDescriptor {
        match (self.path, self.command) {
            (_, Some(command)) => FlightDescriptor::command(command),
            (path, None) => FlightDescriptor::path(path),
        }
    }
}

/// How batches are sent.
#[derive(Args)]
pub(crate) struct Encoding {
    #[arg(long)]
    compression: Option<Codec>,
    /// Send a dictionary that grew as a delta.
    #[arg(long)]
    deltas: bool,
    /// Do not split.
    #[arg(long)]
    whole: bool,
    /// Send a message with metadata alone first, and a number with each batch.
    #[arg(long)]
    metadata: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    Lz4,
    Zstd,
}

impl Encoding {
    fn options(&self) -> EncodeOptions {
        let mut options = EncodeOptions::default().with_dictionary_deltas(self.deltas);
        if self.whole {
            options = options.with_message_size(MessageSize::Whole);
        }
        options.with_compression(self.compression.map(|codec| match codec {
            Codec::Lz4 => Compression::Lz4Frame,
            Codec::Zstd => Compression::Zstd { level: 3 },
        }))
    }
}

/// How a name and a password are presented.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shape {
    /// As a BasicAuth message in a handshake.
    Proto,
    /// In the header of a handshake.
    Token,
    /// In the header of any call.
    Basic,
}

/// What a call carries beside its request.
#[derive(Args)]
pub(crate) struct Call {
    #[arg(short = 'H', value_name = "NAME=VALUE")]
    headers: Vec<String>,
    #[arg(long)]
    timeout_ms: Option<u64>,
}

impl Call {
    fn client(self, address: &str) -> Result<Client> {
        let mut client = Client::new(address)?;
        for header in &self.headers {
            let (name, value) = header
                .split_once('=')
                .ok_or_else(|| Error::invalid_argument("a header without a value"))?;
            client = client.with_header(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
        }
        if let Some(ms) = self.timeout_ms {
            client = client.with_timeout(Duration::from_millis(ms));
        }
        Ok(client)
    }
}

/// Makes the call.
pub(crate) async fn run(command: Command) -> Result<Report> {
    let client = |address: String| Client::new(&address);
    match command {
        Command::List { address, criteria } => ask::list(client(address)?, criteria).await,
        Command::Info { address, name } => ask::info(client(address)?, name.descriptor()).await,
        Command::Poll { address, name } => ask::poll(client(address)?, name).await,
        Command::Schema { address, name, out } => ask::schema(client(address)?, name, &out).await,
        Command::InfoSchema { address, name, out } => {
            ask::info_schema(client(address)?, name, &out).await
        }
        Command::Get { address, ticket, out } => read::get(client(address)?, ticket, &out).await,
        Command::Drop { address, ticket, chunks, cancelled_before } => {
            read::give_up(client(address)?, ticket, chunks, cancelled_before).await
        }
        Command::Put { address, name, file, how } => {
            write::put(client(address)?, name, &file, &how).await
        }
        Command::Exchange { address, command, file, out, how } => {
            write::exchange(client(address)?, command, &file, &out, &how).await
        }
        Command::Count { address, messages } => write::count(client(address)?, messages).await,
        Command::Action { address, r#type, body, call } => {
            ask::action(call.client(&address)?, r#type, body).await
        }
        Command::Actions { address, call } => ask::actions(call.client(&address)?).await,
        Command::Handshake { address, user, password } => {
            ask::handshake(client(address)?, user, password).await
        }
        Command::Authenticate { address, shape, user, password } => {
            around::authenticate(client(address)?, shape, &user, &password).await
        }
        Command::Middleware { address, value } => {
            around::middleware(client(address)?, &value).await
        }
        Command::Session { address } => around::session(client(address)?).await,
    }
}
