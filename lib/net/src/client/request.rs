//! A call as its caller describes it, and the HTTP/2 headers it becomes.

use std::time::Duration;

use futures_util::stream;
use http::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, TE, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::{Code, encode_timeout};

use crate::body::Body;
use crate::server::{ACCEPTED, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, GRPC_TIMEOUT};
use crate::status::{GRPC, Status};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("wingbeat/", env!("CARGO_PKG_VERSION")));

/// One call, for [`Channel::call`](crate::Channel::call).
#[derive(Debug)]
pub struct CallRequest<'a> {
    /// The method's full path, `/package.Service/Method`.
    pub path: &'a str,
    /// The caller's own headers. Those that belong to gRPC or to HTTP/2 are replaced or left out.
    pub headers: HeaderMap,
    /// How long the whole call may take, its answer read to the end; sent as `grpc-timeout`.
    pub timeout: Option<Duration>,
    /// What to send.
    pub body: Body,
    /// The same, where it is one message that can be sent again: the call is then made anew when
    /// it has provably not reached its service.
    pub again: Option<Segments>,
}

impl<'a> CallRequest<'a> {
    /// A call without headers or deadline.
    pub fn new(path: &'a str, body: Body) -> Self {
        Self { path, headers: HeaderMap::new(), timeout: None, body, again: None }
    }

    /// A call of one message, framed already, without headers or deadline.
    pub fn of_message(path: &'a str, message: Segments) -> Self {
        Self { again: Some(message.clone()), ..Self::new(path, of_message(message)) }
    }
}

/// The body of a call of one message.
pub(super) fn of_message(message: Segments) -> Body {
    Body::request(stream::iter([Ok(message)]))
}

/// The headers of a call that starts now.
pub(super) fn head(
    authority: &str,
    path: &str,
    mut headers: HeaderMap,
    timeout: Option<Duration>,
) -> Result<Request<()>, Status> {
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query(path).build();
    let uri = uri.map_err(|error| {
        let text = format!("invalid method path {path:?} or authority {authority:?}: {error}");
        Status::new(Code::Internal, text)
    })?;
    const CONNECTION_HEADERS: [HeaderName; 3] = [CONNECTION, TRANSFER_ENCODING, UPGRADE];
    for name in &CONNECTION_HEADERS {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "content-length", "host"] {
        headers.remove(name);
    }
    headers.remove(GRPC_ENCODING);
    headers.remove(GRPC_TIMEOUT);
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, GRPC);
    headers.insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
    headers.entry(USER_AGENT).or_insert(AGENT);
    if let Some(timeout) = timeout
        && let Ok(value) = HeaderValue::from_str(&encode_timeout(timeout))
    {
        headers.insert(GRPC_TIMEOUT, value);
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
