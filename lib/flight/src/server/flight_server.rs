//! [`FlightServer`]: a Flight service to mount into somebody else's server.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use wingbeat_net::{Body, BoxError, BytesBody};
use wingbeat_wire::Segments;
use wingbeat_wire::message::ActionType;

use super::dispatch::Dispatcher;
use super::routes::routes;
use super::{Features, ServerOptions};
use crate::{
    Authenticator, Authorizer, Client, FlightService, ServerMiddlewareFactory, Sessions,
    StandardAction,
};

/// A Flight service as a `tower::Service` over HTTP requests, for an axum router or, through one,
/// for a tonic server:
///
/// ```no_run
/// # struct Geese;
/// # impl wingbeat::FlightService for Geese {}
/// use wingbeat::FlightServer;
///
/// let router: axum::Router =
///     axum::Router::new().route_service(FlightServer::<Geese>::ROUTE, FlightServer::new(Geese));
/// ```
///
/// # What is lost
/// Prefer [`Server`](crate::Server) where there is a choice, and mount the other services there.
/// In a foreign server
/// * every Arrow buffer becomes a DATA frame of its own, where `Server` writes many at once;
/// * the tuning of connections is that server's ([`ServerOptions::transport`] has no effect):
///   tonic's and hyper's defaults are frames of 16 KiB and windows of 1 MiB for a stream and for a
///   connection alike, so that one stream that is not read can stop all others;
/// * a client that stops reading holds its call until that server ends it: the guards that end such
///   calls, at their deadline or after a time without progress, are part of `Server`;
/// * [`CallContext::peer`](crate::CallContext::peer) is `None` unless a layer puts a
///   [`PeerAddr`](crate::PeerAddr) into the request's extensions.
pub struct FlightServer<S> {
    dispatcher: Arc<Dispatcher>,
    service: PhantomData<fn() -> S>,
}

impl<S> FlightServer<S> {
    /// The route of all methods, in the syntax of axum 0.8.
    pub const ROUTE: &'static str = "/arrow.flight.protocol.FlightService/{method}";
}

impl<S: FlightService> FlightServer<S> {
    /// With default options.
    pub fn new(service: S) -> Self {
        Self::with_options(service, ServerOptions::default(), [])
    }

    /// With options, and the action types that the service offers (see
    /// [`Server::actions`](crate::Server::actions)).
    pub fn with_options(
        service: S,
        options: ServerOptions,
        actions: impl IntoIterator<Item = ActionType>,
    ) -> Self {
        let mut features = Features::default();
        features.add_actions(actions);
        let dispatcher = Dispatcher::new(Arc::new(service), options, features);
        Self { dispatcher: Arc::new(dispatcher), service: PhantomData }
    }

    /// Registers actions of the specification that the service offers, see
    /// [`Server::standard_actions`](crate::Server::standard_actions).
    #[must_use]
    pub fn standard_actions(mut self, actions: impl IntoIterator<Item = StandardAction>) -> Self {
        self.features().add_standard(actions);
        self
    }

    /// Keeps sessions, see [`Server::sessions`](crate::Server::sessions).
    #[must_use]
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.features().set_sessions(sessions);
        self
    }

    /// Lets in only whom this authenticator knows, see
    /// [`Server::authenticator`](crate::Server::authenticator).
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.features().gate.add_authenticator(authenticator);
        self
    }

    /// Lets callers do only what this authorizer allows, see
    /// [`Server::authorizer`](crate::Server::authorizer).
    #[must_use]
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.features().gate.add_authorizer(authorizer);
        self
    }

    /// Runs middleware around every call, see [`Server::middleware`](crate::Server::middleware).
    #[must_use]
    pub fn middleware(mut self, factory: impl ServerMiddlewareFactory) -> Self {
        self.features().add_middleware(factory);
        self
    }

    /// A client of the service in this process, see [`Client::in_process`].
    pub fn in_process(self) -> Client {
        let transport = self.dispatcher.options.transport.clone();
        Client::of_service(routes(self.dispatcher, Vec::new()), transport)
    }

    fn features(&mut self) -> &mut Features {
        Arc::make_mut(&mut Arc::make_mut(&mut self.dispatcher).features)
    }
}

impl<S, B> Service<Request<B>> for FlightServer<S>
where
    B: http_body::Body + Send + 'static,
    B::Data: Into<Segments>,
    B::Error: Into<BoxError>,
{
    type Response = Response<BytesBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.dispatcher.clone().dispatch(request.map(Body::new));
        Box::pin(async move { Ok(answer.await.map(Body::into_bytes_body)) })
    }
}

impl<S> Clone for FlightServer<S> {
    fn clone(&self) -> Self {
        Self { dispatcher: self.dispatcher.clone(), service: PhantomData }
    }
}

impl<S> fmt::Debug for FlightServer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightServer").finish_non_exhaustive()
    }
}
