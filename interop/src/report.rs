//! What the client commands print.

use serde_json::json;
use wingbeat::{Error, Origin};

/// The result of one client call.
pub(crate) type Report = serde_json::Value;

/// The JSON of an error: its code as gRPC names it, its message, and whose fault it was.
pub(crate) fn of_error(error: &Error) -> Report {
    let origin = match error.origin() {
        Origin::Caller => "caller",
        Origin::Local => "local",
        _ => "peer",
    };
    json!({"code": error.code().name(), "message": error.message(), "origin": origin})
}

/// Bytes as text; what is not UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
