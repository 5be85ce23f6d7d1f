//! The client.

mod address;
mod authenticate;
mod call;
mod exchange;
mod handshake;
mod hooks;
mod methods;
mod options;
mod polling;
mod put_results;
mod read;
mod standard_actions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use wingbeat_net::{Address, Channel, ServerConfig};

use crate::credentials::{BasicThenBearer, mark_secrets};
use crate::peer::PeerLimit;
use crate::server::in_process;
use crate::{
    ClientMiddlewareFactory, ClientTls, CookieJar, FlightService, HttpService, Result,
    ServerOptions,
};

pub(crate) use self::address::bad_address;
pub use self::handshake::HandshakeCall;
pub(crate) use self::hooks::CallHooks;
pub use self::options::ClientOptions;
pub use self::polling::Polling;
pub use self::put_results::PutResults;
use self::read::Pool;
pub use self::read::{LocationFetcher, LocationPolicy, LocationRequest, ReadOptions, ReadOrder};

/// Calls to one Flight service.
///
/// Nothing is connected before the first call, and a connection that was lost is made again. Cheap
/// to clone: clones share the connection, and each may have headers and a timeout of its own.
///
/// ```no_run
/// # async fn run() -> wingbeat::Result<()> {
/// use wingbeat::{Client, FlightDescriptor};
///
/// let client = Client::new("grpc://127.0.0.1:8815")?;
/// let mut trips = client.read(FlightDescriptor::path(["trips"])).await?;
/// while let Some(batch) = trips.next_batch().await? {
///     println!("{} rows", batch.num_rows());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    /// `None` in process.
    address: Option<Address>,
    headers: HeaderMap,
    timeout: Option<Duration>,
    options: Arc<ClientOptions>,
    cookies: Option<CookieJar>,
    basic: Option<BasicThenBearer>,
    plaintext_credentials: bool,
    middleware: Arc<[Arc<dyn ClientMiddlewareFactory>]>,
    /// What the server takes, once it has told.
    limit: PeerLimit,
    read_options: Arc<ReadOptions>,
    /// The connections of whole flights, to this server and to others.
    pool: Arc<Pool>,
}

impl Client {
    /// A client of the service at an address: `grpc://HOST:PORT`, `grpc+tls://HOST:PORT` (which
    /// believes the roots of this machine, see [`with_tls`](Self::with_tls)), or
    /// `grpc+unix:///PATH`.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when it is no such address.
    pub fn new(address: impl AsRef<str>) -> Result<Self> {
        let address = address::parse(address.as_ref())?;
        Ok(Self::with_address(address, Arc::default()))
    }

    /// A client of a service in this process, for tests of the service: everything is as over a
    /// network, except that there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wingbeat::Result<()> {
    /// use wingbeat::{Client, Code, FlightService, Ticket};
    ///
    /// struct Empty;
    /// impl FlightService for Empty {}
    ///
    /// let error = Client::in_process(Empty).do_get(Ticket::new("a ticket")).await.unwrap_err();
    /// assert_eq!(error.code(), Code::Unimplemented);
    /// assert!(error.message().contains("DoGet"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_process(service: impl FlightService) -> Self {
        Self::in_process_with(service, ServerOptions::default())
    }

    /// The same with the options of a server.
    pub fn in_process_with(service: impl FlightService, options: ServerOptions) -> Self {
        let transport = options.transport.clone();
        Self::of_service(in_process(service, options), transport)
    }

    /// A client of everything that a server would serve.
    pub(crate) fn of_service(service: HttpService, server: ServerConfig) -> Self {
        let client = Arc::<ClientOptions>::default();
        let channel = Channel::in_process(service, server, client.transport.clone());
        Self::with_channel(channel, None, client)
    }

    fn with_address(address: Address, options: Arc<ClientOptions>) -> Self {
        let channel = Channel::new(address.clone(), options.transport.clone());
        Self::with_channel(channel, Some(address), options)
    }

    fn with_channel(
        channel: Channel,
        address: Option<Address>,
        options: Arc<ClientOptions>,
    ) -> Self {
        Self {
            channel,
            address,
            headers: HeaderMap::new(),
            timeout: None,
            options,
            cookies: None,
            basic: None,
            plaintext_credentials: false,
            middleware: Arc::default(),
            limit: PeerLimit::default(),
            read_options: Arc::default(),
            pool: Arc::default(),
        }
    }

    /// Sends a header with every call of this client. The value of a name that ends in `-bin` is
    /// to be base64.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        mark_secrets(&mut self.headers);
        self
    }

    /// Gives every call of this client so much time, its streams read to the end. The server is
    /// told, and a call that takes longer ends with DEADLINE_EXCEEDED.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Replaces the options. The client has a connection of its own from now on, unless it is one
    /// in process, whose transport stays as it is.
    #[must_use]
    pub fn with_options(mut self, options: ClientOptions) -> Self {
        if let Some(address) = &self.address {
            self.channel = Channel::new(address.clone(), options.transport.clone());
            self.limit = PeerLimit::default();
            self.pool = Arc::default();
        }
        self.options = Arc::new(options);
        self
    }

    /// Says whom TLS believes and what it shows, at this client's address and at those of endpoints
    /// (without a [server name](ClientTls::with_server_name) at other hosts). It is part of the
    /// options ([`ClientOptions::transport`]): set it after [`with_options`](Self::with_options).
    ///
    /// ```no_run
    /// # fn run() -> wingbeat::Result<()> {
    /// use wingbeat::{Client, ClientTls, PemSource};
    ///
    /// let tls = ClientTls::default()
    ///     .with_roots(PemSource::file("ca.crt"))
    ///     .with_certificate(PemSource::file("ada.crt"), PemSource::file("ada.key"));
    /// let client = Client::new("grpc+tls://flights.example.org")?.with_tls(tls);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_tls(self, tls: ClientTls) -> Self {
        let mut options = ClientOptions::clone(&self.options);
        options.transport.tls = tls;
        self.with_options(options)
    }

    /// Keeps the cookies that the server sets, and sends them with every further call of this
    /// client and its clones. Sessions need that, see [`Sessions`](crate::Sessions). Clients for
    /// different users are to have jars of their own, and so are clients of different servers.
    /// Cookies are credentials: over plaintext to another host they go only
    /// [when that is allowed](Self::with_plaintext_credentials).
    #[must_use]
    pub fn with_cookies(mut self, jar: CookieJar) -> Self {
        self.cookies = Some(jar);
        self
    }

    /// Runs middleware around every call, inside of what was added before: it starts later, and
    /// sees the headers that the others have added.
    #[must_use]
    pub fn with_middleware(mut self, factory: impl ClientMiddlewareFactory) -> Self {
        let factory: Arc<dyn ClientMiddlewareFactory> = Arc::new(factory);
        self.middleware = self.middleware.iter().cloned().chain([factory]).collect();
        self
    }

    /// The address of the service; `None` in process.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No headers: they hold credentials.
        let mut out = f.debug_struct("Client");
        out.field("address", &self.address).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
