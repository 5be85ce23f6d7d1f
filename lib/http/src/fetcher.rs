//! [`HttpFetcher`]: one GET for each endpoint.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{BatchStream, BodyPool, ClientTls, LocationFetcher, LocationRequest, Result};
use wingbeat_net::connect_http1;

use crate::answer;
use crate::pace::Pace;
use crate::source::Source;
use crate::target::Target;

/// Says who asks.
const AGENT: &str = concat!("wingbeat/", env!("CARGO_PKG_VERSION"));
const ACCEPTED: &str = "application/vnd.apache.arrow.stream, application/octet-stream;q=0.5";

/// Fetches `http://` and `https://` locations, each over a connection of its own, which ends with
/// the stream. Given to a client with
/// [`ReadOptions::with_fetcher`](wingbeat::ReadOptions::with_fetcher).
#[derive(Debug, Clone)]
pub struct HttpFetcher {
    tls: ClientTls,
    pool: BodyPool,
    bytes_max: u64,
    head_timeout: Duration,
    idle_timeout: Duration,
}

impl Default for HttpFetcher {
    fn default() -> Self {
        Self {
            tls: ClientTls::default(),
            pool: BodyPool::default(),
            bytes_max: 1 << 40,
            head_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl HttpFetcher {
    /// A fetcher that believes the roots of this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// How `https://` locations are reached.
    #[must_use]
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = tls;
        self
    }

    /// Where the memory of bodies comes from.
    #[must_use]
    pub fn with_pool(mut self, pool: BodyPool) -> Self {
        self.pool = pool;
        self
    }

    /// The largest answer taken, in bytes; 1 TiB, which no endpoint has that somebody wants. Memory
    /// is bounded by the client's limits and the budget of its reads, however long an answer is.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes: u64) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// How long it may take to connect, and to be answered; 20 s.
    #[must_use]
    pub fn with_head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// How long a server may be waited for without progress, which is 16 KiB; 30 s.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Asks for a location; gives what it answers when the head of the answer is right.
    async fn ask(&self, target: Target, request: LocationRequest<'_>) -> Result<Source> {
        let tls = target.is_encrypted.then_some(&self.tls);
        let socket = connect_http1(&target.host, target.port, tls, request.reach).await;
        let socket = socket.map_err(|why| target.unavailable(why))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|error| target.unavailable(error))?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for http ended");
            }
        }));
        let get = Request::get(&target.path)
            .header(HOST, &target.authority)
            .header(ACCEPT, ACCEPTED)
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, AGENT)
            .body(Empty::<Bytes>::new())
            .map_err(|error| target.unavailable(error))?;
        let answer = sender.send_request(get).await.map_err(|error| target.unavailable(error))?;
        answer::check(answer.status(), answer.headers()).map_err(|why| target.unavailable(why))?;
        let pace = Pace::new(self.idle_timeout, request.timeout);
        Source::new(target, answer, connection, request.limits, self.pool.clone(), pace)
            .up_to(self.bytes_max)
    }
}

impl LocationFetcher for HttpFetcher {
    async fn fetch(&self, request: LocationRequest<'_>) -> Result<BatchStream> {
        let target = Target::parse(request.uri)?;
        let name = target.name.clone();
        let mut pace = Pace::new(self.head_timeout, request.timeout);
        let source = pace.wait(self.ask(target, request)).await;
        let mut source = source.map_err(|slow| slow.into_error(&name))??;
        let schema = source.schema().await?;
        let chunks = stream::try_unfold(source, |mut source| async move {
            Ok::<_, wingbeat::Error>(source.next().await?.map(|chunk| (chunk, source)))
        });
        Ok(BatchStream::from_stream(schema, chunks))
    }
}
