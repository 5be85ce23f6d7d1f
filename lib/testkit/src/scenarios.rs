//! The scenarios of Arrow's integration tests: each as a server and as a client.
//!
//! What each has to say, to the letter, stands in Arrow's `test_integration.cc`; programs of other
//! implementations of Flight take the other side.

mod app_metadata;
mod auth_basic_proto;
mod check;
mod data_files;
mod do_exchange_echo;
mod expiration_time;
mod location_reuse_connection;
mod map_names;
mod middleware;
mod ordered;
mod poll_flight_info;
mod rich_errors;
mod session_options;

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use wingbeat::{Client, Error, Result, Server};

pub use self::data_files::{DataFile, serve_data_files};

/// A scenario of Arrow's integration tests, other than those of Flight SQL, or one of ours beside
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// A handshake with a `BasicAuth` payload.
    AuthBasicProto,
    /// Headers that middleware sends and sees, on calls that fail too.
    Middleware,
    /// Endpoints whose order counts.
    Ordered,
    /// Endpoints that expire, read.
    ExpirationTimeDoGet,
    /// The actions about such endpoints, listed.
    ExpirationTimeListActions,
    /// Such endpoints, cancelled.
    ExpirationTimeCancelFlightInfo,
    /// Such endpoints, renewed.
    ExpirationTimeRenewFlightEndpoint,
    /// Batches sent and read in lock-step.
    DoExchangeEcho,
    /// The location that says: read on this connection.
    LocationReuseConnection,
    /// Options of a session that a cookie names.
    SessionOptions,
    /// A query that is polled for.
    PollFlightInfo,
    /// The `app_metadata` of a flight and of its endpoint.
    AppMetadataFlightInfoEndpoint,
    /// Errors with each status of Arrow C++, a text and details. Ours.
    RichErrors,
    /// `do_exchange:echo` with a client whose gRPC compresses. Ours.
    CompressedMessages,
}

impl Scenario {
    /// Those of Arrow, in the order of its own list.
    pub const ALL: [Self; 12] = [
        Self::AuthBasicProto,
        Self::Middleware,
        Self::Ordered,
        Self::ExpirationTimeDoGet,
        Self::ExpirationTimeListActions,
        Self::ExpirationTimeCancelFlightInfo,
        Self::ExpirationTimeRenewFlightEndpoint,
        Self::DoExchangeEcho,
        Self::LocationReuseConnection,
        Self::SessionOptions,
        Self::PollFlightInfo,
        Self::AppMetadataFlightInfoEndpoint,
    ];
    /// Those that the harness does not have.
    pub const OURS: [Self; 2] = [Self::RichErrors, Self::CompressedMessages];

    /// The name that programs are given.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthBasicProto => "auth:basic_proto",
            Self::Middleware => "middleware",
            Self::Ordered => "ordered",
            Self::ExpirationTimeDoGet => "expiration_time:do_get",
            Self::ExpirationTimeListActions => "expiration_time:list_actions",
            Self::ExpirationTimeCancelFlightInfo => "expiration_time:cancel_flight_info",
            Self::ExpirationTimeRenewFlightEndpoint => "expiration_time:renew_flight_endpoint",
            Self::DoExchangeEcho => "do_exchange:echo",
            Self::LocationReuseConnection => "location:reuse_connection",
            Self::SessionOptions => "session_options",
            Self::PollFlightInfo => "poll_flight_info",
            Self::AppMetadataFlightInfoEndpoint => "app_metadata_flight_info_endpoint",
            Self::RichErrors => "rich_errors",
            Self::CompressedMessages => "compressed_messages",
        }
    }

    /// Serves the scenario until `shutdown` is ready.
    ///
    /// # Errors
    /// When the listeners break.
    pub async fn serve(
        self,
        server: Server,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        match self {
            Self::AuthBasicProto => {
                let server = server.middleware(auth_basic_proto::authenticate);
                server.serve_with_shutdown(auth_basic_proto::Service, shutdown).await
            }
            Self::Middleware => {
                let server = server.middleware(middleware::echo_header);
                server.serve_with_shutdown(middleware::Service, shutdown).await
            }
            Self::Ordered => server.serve_with_shutdown(ordered::Service, shutdown).await,
            Self::ExpirationTimeDoGet
            | Self::ExpirationTimeListActions
            | Self::ExpirationTimeCancelFlightInfo
            | Self::ExpirationTimeRenewFlightEndpoint => {
                let server = server.standard_actions(expiration_time::ACTIONS);
                let service = expiration_time::Service::default();
                server.serve_with_shutdown(service, shutdown).await
            }
            Self::DoExchangeEcho | Self::CompressedMessages => {
                server.serve_with_shutdown(do_exchange_echo::Service, shutdown).await
            }
            Self::LocationReuseConnection => {
                server.serve_with_shutdown(location_reuse_connection::Service, shutdown).await
            }
            Self::SessionOptions => {
                let server = server.sessions(session_options::sessions());
                server.serve_with_shutdown(session_options::Service, shutdown).await
            }
            Self::PollFlightInfo => {
                server.serve_with_shutdown(poll_flight_info::Service, shutdown).await
            }
            Self::AppMetadataFlightInfoEndpoint => {
                server.serve_with_shutdown(app_metadata::Service, shutdown).await
            }
            Self::RichErrors => server.serve_with_shutdown(rich_errors::Service, shutdown).await,
        }
    }

    /// Plays the client of the scenario.
    ///
    /// # Errors
    /// What the server answered, or how that differs from what it has to answer.
    pub async fn run(self, client: &Client) -> Result<()> {
        match self {
            Self::AuthBasicProto => auth_basic_proto::run(client).await,
            Self::Middleware => middleware::run(client).await,
            Self::Ordered => ordered::run(client).await,
            Self::ExpirationTimeDoGet => expiration_time::do_get(client).await,
            Self::ExpirationTimeListActions => expiration_time::list_actions(client).await,
            Self::ExpirationTimeCancelFlightInfo => {
                expiration_time::cancel_flight_info(client).await
            }
            Self::ExpirationTimeRenewFlightEndpoint => {
                expiration_time::renew_flight_endpoint(client).await
            }
            Self::DoExchangeEcho | Self::CompressedMessages => do_exchange_echo::run(client).await,
            Self::LocationReuseConnection => location_reuse_connection::run(client).await,
            Self::SessionOptions => session_options::run(client).await,
            Self::PollFlightInfo => poll_flight_info::run(client).await,
            Self::AppMetadataFlightInfoEndpoint => app_metadata::run(client).await,
            Self::RichErrors => rich_errors::run(client).await,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let mut all = Self::ALL.into_iter().chain(Self::OURS);
        let found = all.find(|scenario| scenario.name() == name);
        found.ok_or_else(|| Error::invalid_argument(format!("there is no scenario {name}")))
    }
}
