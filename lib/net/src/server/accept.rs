//! The rules of gRPC over HTTP/2 for the headers of a request and of its answer.

use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, HeaderName, TE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use wingbeat_wire::grpc::{Code, MessageEncoding, parse_timeout};

use crate::body::Body;
use crate::peer::PeerAddr;
use crate::status::{GRPC, Status};

pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// The encodings that are understood, on both sides.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static(MessageEncoding::ACCEPTED);

/// What the headers of a request say about its call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallHead {
    /// How long the client will wait, from now on (`grpc-timeout`).
    pub timeout: Option<Duration>,
    /// Who calls. `None` where another server than [`serve`](crate::serve) took the connection.
    pub peer: Option<PeerAddr>,
}

/// Checks that a request is a gRPC call that can be answered.
///
/// A missing or different `te` header is let pass: it only warns of proxies that lose trailers.
///
/// # Errors
/// The response to give instead: 405 for a method other than POST, 415 for a foreign content type,
/// UNIMPLEMENTED for an unknown compression (with `grpc-accept-encoding`) or another message
/// format, INVALID_ARGUMENT for a malformed `grpc-timeout`.
pub fn accept(parts: &Parts) -> Result<CallHead, Box<http::Response<Body>>> {
    if parts.method != Method::POST {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Err(Box::new(response));
    }
    check_content_type(&parts.headers)?;
    check_encoding(&parts.headers)?;
    if parts.headers.get(TE).is_none_or(|te| te != "trailers") {
        tracing::debug!("a request without te: trailers; a proxy may lose its trailers");
    }
    let timeout = parts.headers.get(GRPC_TIMEOUT).map(timeout).transpose()?;
    Ok(CallHead { timeout, peer: parts.extensions.get::<PeerAddr>().copied() })
}

/// A response that streams `body`, with `headers` sent at once.
pub fn reply(headers: HeaderMap, body: Body) -> http::Response<Body> {
    let mut response = http::Response::new(body);
    *response.headers_mut() = headers;
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// The subtype of a gRPC content type (`proto` in `application/grpc+proto`), empty when it names
/// none; `None` when it is another content type.
pub(crate) fn grpc_subtype(content_type: &HeaderValue) -> Option<&[u8]> {
    let prefix = GRPC;
    let prefix = prefix.as_bytes();
    let value = content_type.as_bytes();
    let (start, rest) = value.split_at_checked(prefix.len())?;
    if !start.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let format = rest.split(|&byte| byte == b';').next()?.trim_ascii();
    match format {
        [] => Some(format),
        [b'+', subtype @ ..] => Some(subtype),
        _ => None,
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Box<http::Response<Body>>> {
    let found = headers.get(CONTENT_TYPE);
    match found.and_then(grpc_subtype) {
        Some(b"" | b"proto") => Ok(()),
        Some(other) => {
            let text = format!(
                "messages in the format \"{}\" are not supported, only proto",
                other.escape_ascii()
            );
            Err(Box::new(Status::new(Code::Unimplemented, text).into_response()))
        }
        None => Err(Box::new(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE))),
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Box<http::Response<Body>>> {
    let Some(encoding) = headers.get(GRPC_ENCODING).filter(|name| !is_understood(name)) else {
        return Ok(());
    };
    let accepted = MessageEncoding::ACCEPTED;
    let text = format!("messages compressed with {encoding:?} are not supported, only {accepted}");
    let mut response = Status::new(Code::Unimplemented, text).into_response();
    response.headers_mut().insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
    Err(Box::new(response))
}

/// Whether messages of that `grpc-encoding` can be read.
pub(crate) fn is_understood(encoding: &HeaderValue) -> bool {
    encoding == "identity" || MessageEncoding::from_name(encoding.as_bytes()).is_some()
}

fn timeout(value: &HeaderValue) -> Result<Duration, Box<http::Response<Body>>> {
    let parsed = match value.to_str() {
        Ok(text) => parse_timeout(text).map_err(|error| error.to_string()),
        Err(_) => Err(format!("the malformed grpc-timeout {value:?}")),
    };
    parsed.map_err(|text| Box::new(Status::new(Code::InvalidArgument, text).into_response()))
}

/// An HTTP response without a gRPC status, for peers that do not speak gRPC.
fn plain(status: StatusCode) -> http::Response<Body> {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
