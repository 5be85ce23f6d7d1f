//! The access log as a tower layer: it sees every call, those that never reach a handler as well.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};
use tower::{Layer, Service};
use tracing::Instrument as _;
use wingbeat::{Body, Code, PeerAddr};

use super::body::{Direction, LoggedBody};
use super::record::{CallRecord, REQUEST_ID};
use crate::stall::StallBody;

/// The calls that are logged; others, such as health checks, come by the second.
const LOGGED: &str = "/arrow.flight.protocol.FlightService/";

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";
/// What gRPC has percent-encoded in a message: all but printable ASCII, and the percent sign.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Gives every Flight call a request id, which its response carries and its errors name, and logs
/// one line when it has ended, however it ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessLog {
    stall_timeout: Option<Duration>,
}

impl AccessLog {
    /// The same, which also ends calls whose client sends nothing for so long while it is waited
    /// for, with DEADLINE_EXCEEDED.
    #[must_use]
    pub fn with_stall_timeout(mut self, stall_timeout: Duration) -> Self {
        self.stall_timeout = Some(stall_timeout);
        self
    }
}

impl<S> Layer<S> for AccessLog {
    type Service = AccessLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessLogService { inner, stall_timeout: self.stall_timeout }
    }
}

/// A service under an [`AccessLog`].
#[derive(Debug, Clone)]
pub struct AccessLogService<S> {
    inner: S,
    stall_timeout: Option<Duration>,
}

impl<S> Service<Request<Body>> for AccessLogService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Future: Send + 'static>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(method) = request.uri().path().strip_prefix(LOGGED) else {
            return Box::pin(self.inner.call(request));
        };
        let peer = request.extensions().get::<PeerAddr>().copied();
        let record = CallRecord::begin(method, peer, request.headers());
        request.extensions_mut().insert(record.clone());
        let (counted, stall_timeout) = (record.clone(), self.stall_timeout);
        let request = request.map(|body| {
            let body = match stall_timeout {
                Some(limit) => Body::new(StallBody::new(body, limit, counted.clone())),
                None => body,
            };
            Body::new(LoggedBody::new(body, counted, Direction::Request))
        });
        // Whatever is logged about the call names it too, whichever level is asked for.
        let span = tracing::error_span!("call", request_id = record.request_id());
        let response = self.inner.call(request).instrument(span);
        Box::pin(async move { Ok(log_response(response.await?, record)) })
    }
}

/// Watches the response to its end.
fn log_response(mut response: Response<Body>, record: CallRecord) -> Response<Body> {
    if let Ok(id) = HeaderValue::from_str(record.request_id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    // A call without messages may have its status in the headers.
    note_status(response.headers_mut(), &record);
    response.map(|body| Body::new(LoggedBody::new(body, record, Direction::Response)))
}

/// Notes the status of a call where `headers` tell it, and adds the request id to its message. A
/// failure that was noted before is the status that the caller gets.
pub(super) fn note_status(headers: &mut HeaderMap, record: &CallRecord) {
    let Some(status) = headers.get(GRPC_STATUS) else { return };
    let code = status.to_str().ok().and_then(|text| text.parse().ok());
    let code = code.map_or(Code::Unknown, Code::from_i32);
    if code == Code::Ok {
        return record.end(code, String::new());
    }
    let message = headers.get(GRPC_MESSAGE).map_or(&b""[..], HeaderValue::as_bytes);
    record.end(code, percent_decode(message).decode_utf8_lossy().into_owned());
    let Some((code, text)) = record.failure() else { return };
    let space = if text.is_empty() { "" } else { " " };
    let message = format!("{text}{space}(request id {})", record.request_id());
    let message = utf8_percent_encode(&message, ENCODED).to_string();
    if let Ok(message) = HeaderValue::from_str(&message) {
        headers.insert(GRPC_MESSAGE, message);
        headers.insert(GRPC_STATUS, HeaderValue::from(code.to_i32()));
    }
}
