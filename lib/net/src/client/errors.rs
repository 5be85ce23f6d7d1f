//! What HTTP/2 reports, as the gRPC status that the protocol prescribes.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use wingbeat_wire::grpc::{Code, MessageEncoding};

use super::connection::Connection;
use crate::server::{GRPC_ENCODING, grpc_subtype, is_understood};
use crate::status::Status;

/// The status of a call that h2 ended: a reset by its code, anything that ends the connection as
/// UNAVAILABLE.
pub(super) fn from_h2(error: &h2::Error, connection: &Connection) -> Status {
    let peer = connection.name();
    if error.is_reset() {
        let reason = error.reason().unwrap_or(h2::Reason::INTERNAL_ERROR);
        let code = Code::from_h2_reason(reason.into());
        let who = if error.is_remote() { "was reset by" } else { "to" };
        let text = format!("the call {who} {peer} ended: {reason:?}, {}", reason.description());
        let status = Status::new(code, text);
        // By RFC 9113, 8.7, nothing was done with a stream that is refused.
        return match error.is_remote() && reason == h2::Reason::REFUSED_STREAM {
            true => status.unseen(),
            false => status,
        };
    }
    let cause = connection.failure().unwrap_or_else(|| error.to_string());
    let text = format!("the connection to {peer} is lost: {cause}");
    Status::new(Code::Unavailable, text)
}

/// Checks the headers of a response. A trailers-only response that is not OK is its status.
pub(super) fn check_response(
    status: StatusCode,
    headers: &HeaderMap,
    connection: &Connection,
) -> Result<(), Status> {
    let peer = connection.name();
    let content_type = headers.get(CONTENT_TYPE);
    if content_type.and_then(grpc_subtype).is_none() {
        let code = Code::from_http_status(status.as_u16());
        let found = content_type.map_or_else(|| "none".to_owned(), |found| format!("{found:?}"));
        let text = format!(
            "{peer} answered without gRPC: HTTP status {status}, content-type {found}, \
             expected application/grpc"
        );
        return Err(Status::new(code, text));
    }
    match Status::from_trailers(headers) {
        Some(status) if status.code != Code::Ok => return Err(status),
        Some(_) => return Ok(()),
        None => {}
    }
    if status != StatusCode::OK {
        let code = Code::from_http_status(status.as_u16());
        return Err(Status::new(code, format!("{peer} answered with HTTP status {status}")));
    }
    if let Some(encoding) = headers.get(GRPC_ENCODING).filter(|name| !is_understood(name)) {
        let accepted = MessageEncoding::ACCEPTED;
        let text = format!("{peer} compressed with {encoding:?}, only {accepted} were offered");
        return Err(Status::new(Code::Internal, text));
    }
    Ok(())
}
