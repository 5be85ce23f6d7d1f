//! One call on a server: the request to its handler, and the answer back.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::header::CONTENT_TYPE;
use http_body::Frame;
use tokio::time::Instant;
use tower::{Service, ServiceExt};
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::{Code, parse_timeout};

use super::accept::{GRPC_TIMEOUT, grpc_subtype};
use super::config::ServerConfig;
use super::stall::{overdue, stalled};
use crate::body::{Body, panicked};
use crate::peer::PeerAddr;
use crate::stall::{Arriving, Ledger, Sent};
use crate::status::Status;
use crate::stream::{ConnectionShared, Pump, PumpError, Received};

/// A call whose request has come.
pub(super) struct Call {
    request: http::Request<Body>,
    respond: SendResponse<Sent>,
    /// What of the answer the client has not taken yet.
    ledger: Arc<Ledger>,
    /// When it has to be over.
    deadline: Option<Instant>,
    stall_timeout: Option<Duration>,
    buffer_bytes: usize,
    shared: ConnectionShared,
}

impl Call {
    pub(super) fn new(
        request: http::Request<RecvStream>,
        respond: SendResponse<Sent>,
        peer: PeerAddr,
        config: &ServerConfig,
        shared: ConnectionShared,
    ) -> Self {
        let stall_timeout = config.stall_timeout;
        let mut request = incoming(request, stall_timeout);
        request.extensions_mut().insert(peer);
        let timeout = request.headers().get(GRPC_TIMEOUT).and_then(|value| value.to_str().ok());
        // One that makes no sense is refused by whoever accepts the call.
        let timeout = timeout.and_then(|text| parse_timeout(text).ok());
        Self {
            request,
            respond,
            ledger: Arc::default(),
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            stall_timeout,
            buffer_bytes: config.send_buffer_bytes,
            shared,
        }
    }

    /// Runs it to its end, or until its client has taken nothing for too long or beyond the
    /// deadline. Dropping the future resets the call.
    pub(super) async fn run<S>(self, service: S)
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    {
        let (ledger, deadline, stall_timeout) =
            (Arc::clone(&self.ledger), self.deadline, self.stall_timeout);
        tokio::select! {
            // The call first: its end counts.
            biased;
            () = self.answer(service) => {}
            () = stalled(&ledger, stall_timeout) => {}
            () = overdue(&ledger, deadline) => {}
        }
    }

    /// Has the request handled and sends the answer. A client that resets the call, as one does
    /// that no longer waits for it, ends the handler.
    async fn answer<S>(self, service: S)
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    {
        let Self { request, mut respond, ledger, buffer_bytes, shared, .. } = self;
        let handled = AssertUnwindSafe(service.oneshot(request)).catch_unwind();
        let handled = tokio::select! {
            biased;
            handled = handled => handled,
            reset = poll_fn(|cx| respond.poll_reset(cx)) => {
                tracing::debug!(?reset, "call cancelled by its client");
                return;
            }
        };
        let response = match handled {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => panicked(&*panic).into_response(),
        };
        let (head, body) = response.into_parts();
        let is_over = http_body::Body::is_end_stream(&body);
        let mut pump = match respond.send_response(http::Response::from_parts(head, ()), is_over) {
            Ok(stream) => Pump::new(body, stream, ledger, buffer_bytes, shared),
            Err(error) => {
                tracing::debug!(%error, "call ended before its answer");
                respond.send_reset(Reason::INTERNAL_ERROR);
                return;
            }
        };
        if is_over {
            return;
        }
        match poll_fn(|cx| pump.poll(cx)).await {
            Ok(()) => {
                if let Some(tail) = pump.into_tail() {
                    tail.taken().await;
                }
            }
            Err(PumpError::Source(error)) => {
                tracing::warn!(error, "call ended: its answer failed");
                pump.stream().send_reset(Reason::INTERNAL_ERROR);
            }
            Err(PumpError::Stream(error)) => tracing::debug!(%error, "answer ended early"),
        }
    }
}

/// The request, which fails when its client stops within a gRPC message. Bodies of other protocols
/// have no messages that could be followed.
fn incoming(
    request: http::Request<RecvStream>,
    stall_timeout: Option<Duration>,
) -> http::Request<Body> {
    let is_grpc = request.headers().get(CONTENT_TYPE).and_then(grpc_subtype).is_some();
    request.map(|stream| {
        let received = Request(Received::new(stream));
        match stall_timeout.filter(|_| is_grpc) {
            Some(timeout) => Body::new(Arriving::new(received, "client", timeout)),
            None => Body::new(received),
        }
    })
}

/// The body of a request.
struct Request(Received);

impl http_body::Body for Request {
    type Data = Segments;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, Status>>> {
        let polled = ready!(self.0.poll_frame(cx));
        Poll::Ready(polled.map(|frame| frame.map_err(|error| broken(&error))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

/// A request that broke off: the client reset it, or its connection is gone. Both are CANCELLED to
/// the handler, which nobody listens to any more.
fn broken(error: &h2::Error) -> Status {
    let text = match error.is_reset() {
        true => format!("the client cancelled the call: {error}"),
        false => format!("the client's connection is gone: {error}"),
    };
    Status::new(Code::Cancelled, text)
}
