//! What the tests of this crate share: a server under test, calls on it, and raw HTTP/2 peers that
//! may misbehave.
#![expect(dead_code, reason = "each test file uses a part of it")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;
use tower::util::BoxCloneSyncService;
use wingbeat_net::{
    Address, Body, CallRequest, Channel, ChannelConfig, Listener, Messages, ServerConfig, Status,
    serve,
};
use wingbeat_wire::grpc::{MessageDeframer, frame};
use wingbeat_wire::{Limits, Segments};

/// Nothing in these tests takes this long; a test that hangs fails instead.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type TestService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// A server on a free port, stopped when dropped.
pub(crate) struct TestServer {
    pub(crate) address: Address,
    stop: Option<oneshot::Sender<()>>,
    task: AbortOnDropHandle<std::io::Result<()>>,
}

impl TestServer {
    pub(crate) async fn start<F, R>(handler: F) -> Self
    where
        F: Fn(Request<Body>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response<Body>> + Send + 'static,
    {
        let address = "grpc://127.0.0.1:0".parse().unwrap();
        Self::start_on(&address, handler, ServerConfig::default()).await
    }

    pub(crate) async fn start_on<F, R>(address: &Address, handler: F, config: ServerConfig) -> Self
    where
        F: Fn(Request<Body>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = Listener::bind(address).await.unwrap();
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            stopped.await.ok();
        };
        let served = serve(vec![listener], service(handler), config, stopped);
        Self { address, stop: Some(stop), task: AbortOnDropHandle::new(tokio::spawn(served)) }
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel::new(self.address.clone(), ChannelConfig::default())
    }

    pub(crate) fn socket_addr(&self) -> SocketAddr {
        match &self.address {
            Address::Tcp { host, port } => SocketAddr::new(host.parse().unwrap(), *port),
            other => panic!("{other} is no TCP address"),
        }
    }

    /// Asks for a shutdown without waiting for it.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for the end of the shutdown.
    pub(crate) async fn stopped(self) {
        within(self.task).await.unwrap().unwrap();
    }
}

/// A handler as a service.
pub(crate) fn service<F, R>(handler: F) -> TestService
where
    F: Fn(Request<Body>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    BoxCloneSyncService::new(tower::service_fn(move |request| {
        let answer = handler(request);
        async move { Ok(answer.await) }
    }))
}

/// Fails the test when the future takes too long.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

pub(crate) fn headers<const N: usize>(pairs: [(&'static str, &str); N]) -> HeaderMap {
    pairs
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

/// A response of these messages and OK.
pub(crate) fn answer<const N: usize>(messages: [&'static str; N]) -> Response<Body> {
    wingbeat_net::reply(HeaderMap::new(), Body::response(framed(messages), HeaderMap::new))
}

/// A request body of these messages.
pub(crate) fn request<const N: usize>(messages: [&'static str; N]) -> Body {
    Body::request(framed(messages))
}

fn framed<const N: usize>(
    messages: [&'static str; N],
) -> impl futures_util::Stream<Item = Result<Segments, Status>> {
    stream::iter(messages.map(|message| Ok(frame(Bytes::from_static(message.as_bytes())))))
}

pub(crate) fn deframer() -> MessageDeframer {
    MessageDeframer::new(&Limits::default())
}

/// Calls `/test.Service/Method` with one empty message.
pub(crate) async fn call(channel: &Channel) -> Result<Messages<MessageDeframer>, Status> {
    call_with(channel, request([""])).await
}

pub(crate) async fn call_with(
    channel: &Channel,
    body: Body,
) -> Result<Messages<MessageDeframer>, Status> {
    let request = CallRequest::new("/test.Service/Method", body);
    let response = within(channel.call(request)).await?;
    Ok(Messages::from_response(response, deframer()))
}

/// All messages, and how the call ended.
pub(crate) async fn read_all(
    messages: &mut Messages<MessageDeframer>,
) -> (Vec<Bytes>, Result<(), Status>) {
    let mut all = Vec::new();
    loop {
        match within(messages.next()).await {
            Ok(Some(message)) => all.push(message),
            Ok(None) => return (all, Ok(())),
            Err(status) => return (all, Err(status)),
        }
    }
}

/// A raw HTTP/2 server on one connection after another: `handler` gets each call. Ends with the
/// test.
pub(crate) struct RawServer {
    pub(crate) address: Address,
    _task: AbortOnDropHandle<()>,
}

impl RawServer {
    pub(crate) async fn start<F>(handler: F) -> Self
    where
        F: Fn(Request<h2::RecvStream>, SendResponse<Bytes>) + Send + Sync + 'static,
    {
        let handler = std::sync::Arc::new(handler);
        Self::start_with(move |stream| {
            let handler = handler.clone();
            async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    handler(request, respond);
                }
            }
        })
        .await
    }

    /// The same, a level lower: `serve` gets each socket.
    pub(crate) async fn start_with<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = Address::Tcp { host: "127.0.0.1".to_owned(), port };
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
            }
        });
        Self { address, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel::new(self.address.clone(), ChannelConfig::default())
    }
}

/// A response head with this HTTP status and these headers.
pub(crate) fn head<const N: usize>(status: u16, pairs: [(&'static str, &str); N]) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status.try_into().unwrap();
    *response.headers_mut() = headers(pairs);
    response
}

/// A raw HTTP/2 client of a server under test.
pub(crate) struct RawClient {
    pub(crate) send: h2::client::SendRequest<Bytes>,
    _task: AbortOnDropHandle<()>,
}

impl RawClient {
    pub(crate) async fn connect(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.socket_addr()).await.unwrap();
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        let task = tokio::spawn(async move {
            connection.await.ok();
        });
        Self { send, _task: AbortOnDropHandle::new(task) }
    }

    /// Sends a request with this method and these headers and one gRPC message, then half-closes.
    pub(crate) async fn call<const N: usize>(
        &mut self,
        method: &str,
        pairs: [(&'static str, &str); N],
        body: &'static [u8],
    ) -> Response<h2::RecvStream> {
        let (response, mut stream) = self.start(method, pairs).await;
        stream.send_data(Bytes::from_static(body), true).unwrap();
        within(response).await.unwrap()
    }

    /// Sends only the head.
    pub(crate) async fn start<const N: usize>(
        &mut self,
        method: &str,
        pairs: [(&'static str, &str); N],
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let mut request = Request::new(());
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = "http://localhost/test.Service/Method".parse().unwrap();
        *request.version_mut() = http::Version::HTTP_2;
        *request.headers_mut() = headers(pairs);
        let mut send = within(self.send.clone().ready()).await.unwrap();
        send.send_request(request, false).unwrap()
    }
}

/// Reads a raw response to its end: its bytes and its trailers.
pub(crate) async fn drain(mut body: h2::RecvStream) -> (Vec<u8>, Option<HeaderMap>) {
    let mut all = Vec::new();
    while let Some(data) = within(body.data()).await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        all.extend_from_slice(&data);
    }
    (all, within(body.trailers()).await.unwrap())
}
