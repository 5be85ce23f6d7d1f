//! The access log as a tower layer: it sees every call, those that never reach a handler as well.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response};
use tower::{Layer, Service};
use wingbeat::{Body, Code, PeerAddr};

use super::body::{Direction, LoggedBody};
use super::record::{CallRecord, REQUEST_ID};

/// The calls that are logged; others, such as health checks, come by the second.
const LOGGED: &str = "/arrow.flight.protocol.FlightService/";

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// Gives every Flight call a request id, which its response carries and its errors name, and logs
/// one line when it has ended, however it ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessLog;

impl<S> Layer<S> for AccessLog {
    type Service = AccessLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessLogService { inner }
    }
}

/// A service under an [`AccessLog`].
#[derive(Debug, Clone)]
pub struct AccessLogService<S> {
    inner: S,
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
        let counted = record.clone();
        let request =
            request.map(|body| Body::new(LoggedBody::new(body, counted, Direction::Request)));
        let response = self.inner.call(request);
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

/// Notes the status of a call where `headers` tell it, and adds the request id to its message.
pub(super) fn note_status(headers: &mut HeaderMap, record: &CallRecord) {
    let Some(status) = headers.get(GRPC_STATUS) else { return };
    let code = status.to_str().ok().and_then(|text| text.parse().ok());
    let code = code.map_or(Code::Unknown, Code::from_i32);
    if code == Code::Ok {
        return record.end(code, String::new());
    }
    // The message is percent-encoded; what is added is all characters that stay as they are.
    let message = headers.get(GRPC_MESSAGE).map_or(&b""[..], HeaderValue::as_bytes);
    let text = percent_encoding::percent_decode(message).decode_utf8_lossy().into_owned();
    let space = if message.is_empty() { "" } else { " " };
    let id = format!("{space}(request id {})", record.request_id());
    if let Ok(message) = HeaderValue::from_bytes(&[message, id.as_bytes()].concat()) {
        headers.insert(GRPC_MESSAGE, message);
    }
    record.end(code, text);
}
