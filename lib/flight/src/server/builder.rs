//! [`Server`]: listeners, options and what is served on them.

use std::sync::Arc;

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use wingbeat_net::{Address, Body, BoxError, BytesBody, Listener, ServerTls};
use wingbeat_wire::Segments;
use wingbeat_wire::message::ActionType;

use super::dispatch::Dispatcher;
use super::routes::{Mount, routes};
use super::{Features, HttpService, ServerOptions};
use crate::{
    Authenticator, Authorizer, Error, FlightService, Origin, Result, ServerMiddlewareFactory,
    Sessions, StandardAction,
};

type AddLayer = Box<dyn FnOnce(HttpService) -> HttpService + Send>;

/// A Flight server.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wingbeat::Result<()> {
/// use wingbeat::{Client, FlightService, Server};
///
/// struct Empty;
/// impl FlightService for Empty {}
///
/// let server = Server::bind("grpc://127.0.0.1:0").await?;
/// let client = Client::new(server.local_addr().to_string())?;
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let serving = server.serve_with_shutdown(Empty, async { stopped.await.unwrap_or(()) });
/// let calling = async {
///     let actions = client.list_actions().await?.collect().await?;
///     let _ = stop.send(());
///     Ok::<_, wingbeat::Error>(actions)
/// };
/// let (served, actions) = tokio::join!(serving, calling);
/// served?;
/// assert!(actions?.is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Server {
    listeners: Vec<Listener>,
    options: ServerOptions,
    features: Features,
    mounts: Vec<Mount>,
    /// The outermost comes last.
    layers: Vec<AddLayer>,
}

impl Server {
    /// Listens on an address, `grpc://HOST:PORT`, `grpc+tls://HOST:PORT` (with [`tls`](Self::tls))
    /// or `grpc+unix:///PATH`. Connections wait from now on; they are taken once the server serves.
    /// Port 0 is replaced by a free one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    /// INVALID_ARGUMENT when it is no such address; UNAVAILABLE when it cannot be listened on,
    /// because it is in use, say.
    pub async fn bind(address: impl AsRef<str>) -> Result<Self> {
        let listener = listen(address.as_ref()).await?;
        Ok(Self::from_listeners([listener]))
    }

    /// Serves on listeners that are there already.
    fn from_listeners(listeners: impl IntoIterator<Item = Listener>) -> Self {
        Self {
            listeners: listeners.into_iter().collect(),
            options: ServerOptions::default(),
            features: Features::default(),
            mounts: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// Listens on one more address.
    ///
    /// # Errors
    /// See [`bind`](Self::bind).
    pub async fn bind_also(mut self, address: impl AsRef<str>) -> Result<Self> {
        self.listeners.push(listen(address.as_ref()).await?);
        Ok(self)
    }

    /// The first address that is listened on, with its port.
    #[expect(clippy::indexing_slicing, reason = "bind, the only constructor, adds one")]
    pub fn local_addr(&self) -> Address {
        self.listeners[0].local_addr()
    }

    /// All addresses that are listened on, with their ports.
    pub fn local_addrs(&self) -> Vec<Address> {
        self.listeners.iter().map(Listener::local_addr).collect()
    }

    /// Replaces the options.
    #[must_use]
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the certificate that is shown at `grpc+tls://` addresses, and whose clients are taken
    /// there. It is part of the options ([`ServerOptions::transport`]): set it after
    /// [`options`](Self::options).
    ///
    /// ```no_run
    /// # async fn run(geese: impl wingbeat::FlightService) -> wingbeat::Result<()> {
    /// use wingbeat::{PemSource, Server, ServerTls};
    ///
    /// // Both files are read again when they change; clients have to show a certificate too.
    /// let tls = ServerTls::from_pem_files("server.crt", "server.key")?
    ///     .with_client_roots(PemSource::file("clients-ca.crt"))?;
    /// Server::bind("grpc+tls://0.0.0.0:8815").await?.tls(tls).serve(geese).await
    /// # }
    /// ```
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.options.transport.tls = Some(tls);
        self
    }

    /// Registers the action types that the service offers. The default
    /// [`FlightService::list_actions`] answers with them.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = ActionType>) -> Self {
        self.features.add_actions(actions);
        self
    }

    /// Registers actions of the specification that the service offers: they are listed, and go to
    /// the methods of [`FlightService`] of their names instead of
    /// [`do_action`](FlightService::do_action).
    #[must_use]
    pub fn standard_actions(mut self, actions: impl IntoIterator<Item = StandardAction>) -> Self {
        self.features.add_standard(actions);
        self
    }

    /// Keeps sessions, and registers the actions about them, which need nothing from the service.
    #[must_use]
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.features.set_sessions(sessions);
        self
    }

    /// Lets in only whom this authenticator knows, or another one that was registered: they are
    /// asked in the order in which they were. The server then answers the handshake itself, with
    /// the token that [`Authenticated::with_token`](crate::Authenticated::with_token) brings, and
    /// nothing else answers without credentials. What is [mounted](Self::mount) beside Flight is
    /// not guarded: that stays the matter of layers.
    ///
    /// Whoever is not let in gets UNAUTHENTICATED, always in the same words; why stands in the log.
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.features.gate.add_authenticator(authenticator);
        self
    }

    /// Lets callers do only what this authorizer allows, and every other one that was registered.
    #[must_use]
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.features.gate.add_authorizer(authorizer);
        self
    }

    /// Runs middleware around every Flight call, inside of what was added before: it starts later.
    /// A call that is not let in has none, nor has what is mounted beside Flight;
    /// [`layer`](Self::layer) is for everything.
    #[must_use]
    pub fn middleware(mut self, factory: impl ServerMiddlewareFactory) -> Self {
        self.features.add_middleware(factory);
        self
    }

    /// Wraps everything served in a tower layer, around those added before. The layer sees HTTP
    /// requests and responses; what it fails with becomes the status of the call.
    #[must_use]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Into<Segments>,
        B::Error: Into<BoxError>,
    {
        self.layers.push(Box::new(move |inner| HttpService::from_tower(layer.layer(inner))));
        self
    }

    /// Serves another gRPC service on the same ports: any tower service over HTTP requests, such
    /// as those that tonic generates. `path` is the path before the method's name: the service's
    /// full name, with or without a slash before it.
    ///
    /// ```no_run
    /// # async fn run(geese: impl wingbeat::FlightService) -> wingbeat::Result<()> {
    /// let (_reporter, health) = tonic_health::server::health_reporter();
    /// wingbeat::Server::bind("grpc://127.0.0.1:8815")
    ///     .await?
    ///     .mount("/grpc.health.v1.Health", health)
    ///     .serve(geese)
    ///     .await
    /// # }
    /// ```
    #[must_use]
    pub fn mount<S, B>(mut self, path: impl Into<String>, service: S) -> Self
    where
        S: Service<Request<BytesBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Into<Segments>,
        B::Error: Into<BoxError>,
    {
        let service = HttpService::from_tower(Bytewise(service));
        let path = format!("/{}", path.into().trim_matches('/'));
        self.mounts.push(Mount { path, service });
        self
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the listeners break, and when there is no certificate for an address of TLS or no
    /// address for a certificate.
    pub async fn serve(self, service: impl FlightService) -> Result<()> {
        self.serve_with_shutdown(service, std::future::pending()).await
    }

    /// Serves until `shutdown` is ready; then takes no new call, and gives those that run the time
    /// that [`ServerOptions::transport`] allows before it aborts them.
    ///
    /// # Errors
    /// See [`serve`](Self::serve).
    pub async fn serve_with_shutdown(
        self,
        service: impl FlightService,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let transport = self.options.transport.clone();
        check_tls(&self.listeners, transport.tls.is_some())?;
        let dispatcher = Dispatcher::new(Arc::new(service), self.options, self.features);
        let routes = routes(Arc::new(dispatcher), self.mounts);
        let served = self.layers.into_iter().fold(routes, |inner, layer| layer(inner));
        wingbeat_net::serve(self.listeners, served, transport, shutdown).await.map_err(|error| {
            Error::unavailable(format!("the server stopped: {error}")).with_source(error)
        })
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addresses", &self.local_addrs()).finish_non_exhaustive()
    }
}

async fn listen(address: &str) -> Result<Listener> {
    let parsed: Address = address.parse().map_err(crate::client::bad_address)?;
    Listener::bind(&parsed).await.map_err(|error| {
        // The text of the listener names the address.
        Error::unavailable(error.to_string()).with_source(error)
    })
}

/// Whether the listeners and the certificate fit together: what was meant to be encrypted is.
fn check_tls(listeners: &[Listener], has_certificate: bool) -> Result<()> {
    let addresses = listeners.iter().map(Listener::local_addr);
    let with_tls: Vec<_> =
        addresses.filter(|address| matches!(address, Address::Tls { .. })).collect();
    let text = match (with_tls.first(), has_certificate) {
        (Some(address), false) => format!("there is no certificate for {address}"),
        (None, true) => "there is a certificate, and no address begins with grpc+tls://".into(),
        _ => return Ok(()),
    };
    Err(Error::invalid_argument(text).with_origin(Origin::Local))
}

/// Gives a service requests whose body is made of `Bytes`.
#[derive(Clone)]
struct Bytewise<S>(S);

impl<S: Service<Request<BytesBody>>> Service<Request<Body>> for Bytewise<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.call(request.map(Body::into_bytes_body))
    }
}
