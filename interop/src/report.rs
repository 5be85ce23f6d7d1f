//! What the client commands print.

use serde_json::json;
use wingbeat::{Error, Origin};

/// The result of one client call.
pub(crate) type Report = serde_json::Value;

/// The JSON of an error: its code as gRPC names it, its message, whose fault it was, and what else
/// travelled with it.
pub(crate) fn of_error(error: &Error) -> Report {
    let origin = match error.origin() {
        Origin::Caller => "caller",
        Origin::Local => "local",
        _ => "peer",
    };
    let details = error.details().map(|details| hex(&details));
    let status = error.arrow_status();
    json!({
        "code": error.code().name(),
        "message": error.message(),
        "origin": origin,
        "details": details,
        "arrow_status": status.as_ref().map(|status| format!("{:?}", status.code)),
        "arrow_message": status.and_then(|status| status.message),
    })
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as text; what is not UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
