//! The channel: finds the connection for each call, and makes a new one where there is none.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use h2::client::SendRequest;
use http_body::Body as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tower::Service;
use wingbeat_wire::grpc::Code;

use super::config::ChannelConfig;
use super::connect::Connector;
use super::connection::Connection;
use super::download::{Deadline, Download, Running};
use super::errors::{check_response, from_h2};
use super::request::{CallRequest, head, of_message};
use super::upload::{Upload, untaken};
use crate::address::Address;
use crate::body::Body;
use crate::peer::PeerAddr;
use crate::server::{ServerConfig, serve_connection};
use crate::stall::{Arriving, Ledger, Sent};
use crate::status::Status;
use crate::stream::Received;

/// How much lies in the pipe of an in-process channel.
const PIPE_BYTES: usize = 1 << 20;
/// How often a call is tried that has provably not reached its service, and on how many connections
/// as long as none of its bytes were sent: the one at hand may turn out to be closing.
const ATTEMPTS_MAX: u32 = 3;

/// Calls to one server, over one HTTP/2 connection.
///
/// Cheap to clone; all clones share the connection. It is made at the first call, by whoever comes
/// first while the others wait, and made again when it was lost. Calls that ran on a lost
/// connection fail with UNAVAILABLE and are not repeated, unless the server said that it never
/// looked at them and they are [one message](CallRequest::again). It is closed when the last clone
/// is dropped and the last call is over.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
}

struct Inner {
    connector: Connector,
    authority: String,
    config: ChannelConfig,
    slot: Mutex<Slot>,
}

type Connecting = Shared<BoxFuture<'static, Result<Arc<Connection>, Status>>>;

enum Slot {
    Idle,
    Connecting(Connecting),
    Connected(Arc<Connection>),
}

impl Channel {
    /// A channel to `address`. Nothing is connected before the first call.
    pub fn new(address: Address, config: ChannelConfig) -> Self {
        Self::with_connector(Connector::Address(address), config)
    }

    /// A channel to a service in this process: the same HTTP/2, over a pipe in memory, with the
    /// tuning of both of its ends.
    pub fn in_process<S>(service: S, server: ServerConfig, config: ChannelConfig) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let start = move || {
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            let served = serve_connection(
                far,
                PeerAddr::InProcess.into(),
                service.clone(),
                server.clone(),
                CancellationToken::new(),
            );
            (near, AbortOnDropHandle::new(tokio::spawn(served)))
        };
        Self::with_connector(Connector::InProcess(Arc::new(start)), config)
    }

    fn with_connector(connector: Connector, config: ChannelConfig) -> Self {
        let authority = connector.authority();
        let slot = Mutex::new(Slot::Idle);
        Self { inner: Arc::new(Inner { connector, authority, config, slot }) }
    }

    /// Another channel to the same server, with the same tuning and a connection of its own.
    #[must_use]
    pub fn separate(&self) -> Self {
        Self::with_connector(self.inner.connector.clone(), self.inner.config.clone())
    }

    /// Starts a call and waits for the headers of its response; the body's messages and the final
    /// status are read with [`Messages`](crate::Messages). The upload goes on in the background.
    ///
    /// A response of status OK may have its status in the headers already ("trailers-only").
    ///
    /// # Errors
    /// UNAVAILABLE without a connection; the server's status where it answered with nothing else;
    /// the status of what broke the call, or of the upload's source when that failed;
    /// DEADLINE_EXCEEDED after `timeout`, which also ends the reading of the body.
    ///
    /// # Cancel safety
    /// Dropping the future, or later the response's body, resets the call.
    pub async fn call(&self, request: CallRequest<'_>) -> Result<http::Response<Body>, Status> {
        let deadline = request.timeout.and_then(Deadline::after);
        let starting = self.start(request, deadline);
        match deadline {
            None => starting.await,
            Some(deadline) => tokio::time::timeout_at(deadline.at(), starting)
                .await
                .unwrap_or_else(|_elapsed| Err(deadline.status())),
        }
    }

    /// Starts a call, and once more as long as it has provably not reached its service.
    async fn start(
        &self,
        request: CallRequest<'_>,
        deadline: Option<Deadline>,
    ) -> Result<http::Response<Body>, Status> {
        let CallRequest { path, headers, mut body, again, .. } = request;
        let ChannelConfig { stall_timeout, send_buffer_bytes, .. } = self.inner.config;
        let limits = Limits { deadline, stall_timeout, buffer_bytes: send_buffer_bytes };
        let mut attempt = 1;
        loop {
            let (connection, send) = self.ready().await?;
            let remaining =
                deadline.map(|deadline| deadline.at().saturating_duration_since(Instant::now()));
            let head = head(&self.inner.authority, path, headers.clone(), remaining)?;
            match (start(connection, send, head, body, limits).await, &again) {
                (Err(status), Some(message)) if status.is_unseen() && attempt < ATTEMPTS_MAX => {
                    tracing::debug!(%status, "the call has not reached its service; once more");
                    body = of_message(message.clone());
                }
                (outcome, _) => return outcome,
            }
            attempt += 1;
        }
    }

    /// A connection that takes a call now.
    async fn ready(&self) -> Result<(Arc<Connection>, SendRequest<Sent>), Status> {
        let mut attempt = 1;
        loop {
            let connection = self.connection().await?;
            let error = match connection.send().ready().await {
                Ok(send) => return Ok((connection, send)),
                Err(error) => error,
            };
            // Closing (GOAWAY) or closed: no call can start there any more.
            self.inner.forget(&connection);
            if attempt == ATTEMPTS_MAX {
                return Err(from_h2(&error, &connection));
            }
            attempt += 1;
        }
    }

    /// The connection at hand, or the one being made, or a new one.
    async fn connection(&self) -> Result<Arc<Connection>, Status> {
        let connecting = {
            let mut slot = self.inner.slot();
            match &*slot {
                Slot::Connected(connection) if !connection.is_closed() => {
                    return Ok(Arc::clone(connection));
                }
                Slot::Connecting(connecting) => connecting.clone(),
                Slot::Connected(_) | Slot::Idle => {
                    let connecting = self.inner.connect();
                    *slot = Slot::Connecting(connecting.clone());
                    connecting
                }
            }
        };
        let connected = connecting.clone().await;
        let mut slot = self.inner.slot();
        if matches!(&*slot, Slot::Connecting(current) if current.ptr_eq(&connecting)) {
            *slot = match &connected {
                Ok(connection) => Slot::Connected(Arc::clone(connection)),
                Err(_) => Slot::Idle,
            };
        }
        connected
    }
}

impl Inner {
    /// Connects in a task of its own, so that it goes on when the call that began it is dropped.
    fn connect(&self) -> Connecting {
        let connecting = self.connector.clone().connect(self.config.clone());
        let task = AbortOnDropHandle::new(tokio::spawn(connecting));
        let joined = async {
            task.await.unwrap_or_else(|error| {
                let text = format!("the task that connects ended: {error}");
                Err(Status::new(Code::Internal, text))
            })
        };
        joined.boxed().shared()
    }

    fn forget(&self, connection: &Arc<Connection>) {
        let mut slot = self.slot();
        if matches!(&*slot, Slot::Connected(current) if Arc::ptr_eq(current, connection)) {
            *slot = Slot::Idle;
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        // The slot is always whole: it is only ever replaced.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("peer", &self.inner.connector.name())
            .finish_non_exhaustive()
    }
}

/// How long a call may take, as a whole and without progress, and how much it may have waiting.
#[derive(Debug, Clone, Copy)]
struct Limits {
    deadline: Option<Deadline>,
    stall_timeout: Option<Duration>,
    buffer_bytes: usize,
}

/// Sends the request and waits for the headers of its response.
async fn start(
    connection: Arc<Connection>,
    mut send: SendRequest<Sent>,
    head: http::Request<()>,
    body: Body,
    limits: Limits,
) -> Result<http::Response<Body>, Status> {
    let Limits { deadline, stall_timeout, buffer_bytes } = limits;
    let is_empty = body.is_end_stream();
    let failure = Arc::new(OnceLock::new());
    let (response, stream) = send
        .send_request(head, is_empty)
        // What h2 does not take is not sent.
        .map_err(|error| from_h2(&error, &connection).unseen())?;
    let stream_id = response.stream_id().as_u32();
    let mut upload = None;
    let ledger = Arc::new(Ledger::default());
    if !is_empty {
        let (shared, taken) = (connection.shared(), Arc::clone(&ledger));
        let mut sending =
            Upload::new(body, stream, taken, buffer_bytes, shared, Arc::clone(&failure));
        if !poll_fn(|cx| Poll::Ready(sending.poll_at_once(cx))).await {
            let sending = until(deadline, sending.run(stall_timeout));
            upload = Some(AbortOnDropHandle::new(tokio::spawn(sending)));
        }
    }
    let call = connection.count_in();
    let running = Running { connection, stream_id, _call: call, upload, failure, deadline };
    let response = tokio::select! {
        biased;
        response = response => response.map_err(|error| running.status(&error))?,
        status = untaken(Arc::clone(&ledger), stall_timeout) => return Err(status),
    };
    check_response(response.status(), response.headers(), &running.connection)?;
    Ok(response.map(|stream| {
        let is_taken = running.upload.is_none() && ledger.under_way() == 0;
        let mut download = Download::new(Received::new(stream), running);
        if stall_timeout.is_some() && !is_taken {
            download = download.with_upload(untaken(ledger, stall_timeout));
        }
        match stall_timeout {
            Some(timeout) => Body::new(Arriving::new(download, "server", timeout)),
            None => Body::new(download),
        }
    }))
}

/// Ends an upload at the deadline, even when nobody reads the response.
async fn until(deadline: Option<Deadline>, upload: impl Future<Output = ()>) {
    match deadline {
        None => upload.await,
        Some(deadline) => {
            // An upload that is dropped here resets its call.
            let _ = tokio::time::timeout_at(deadline.at(), upload).await;
        }
    }
}

#[cfg(test)]
mod tests;
