//! DoAction: what the tests ask the server to do or to tell.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Instant;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use wingbeat::{
    Action, ActionResult, ActionType, ArrowStatusCode, CallContext, Code, Error, ReplyStream,
    Result,
};

use super::{Contract, handshake, utf8};
use crate::report::hex;

/// What ListActions says.
pub(crate) fn action_types() -> [ActionType; 2] {
    [
        ActionType::new("echo", "sends the body back three times"),
        ActionType::new("error", "fails with a code"),
    ]
}

/// Runs one action.
pub(super) async fn answer(
    contract: &Contract,
    cx: &CallContext,
    action: Action,
) -> Result<ReplyStream<ActionResult>> {
    let text = match action.r#type.as_str() {
        "echo" => return Ok(ReplyStream::from_iter(vec![ActionResult::new(action.body); 3])),
        "none" => return Ok(ReplyStream::empty()),
        "error" => return Err(error(utf8(&action.body)?)),
        "arrow error" => return Err(arrow_error(utf8(&action.body)?)),
        "headers" => headers(cx)?,
        "identity" => handshake::identity(cx)?,
        "cancelled" => contract.cancelled.load(Ordering::SeqCst).to_string(),
        "deadline" => deadline(cx),
        "wait" => {
            let _guard = contract.guard();
            std::future::pending().await
        }
        other => return Err(Error::unimplemented(format!("no action {other}"))),
    };
    Ok(ReplyStream::once(ActionResult::new(text)))
}

/// An error with the code of that name.
fn error(name: &str) -> Error {
    let mut codes = (1..=16).map(Code::from_i32);
    let code = codes.find(|code| code.name() == name).unwrap_or(Code::InvalidArgument);
    Error::new(code, format!("as asked: {name} ü"))
}

/// An INVALID_ARGUMENT error with that status of Arrow, else an UNAVAILABLE one with details. (Of
/// UNKNOWN, which C++ sends for most, Python makes a `FlightServerError` whatever the status.)
fn arrow_error(name: &str) -> Error {
    use ArrowStatusCode as Status;
    let codes = [
        Status::OutOfMemory,
        Status::KeyError,
        Status::TypeError,
        Status::Invalid,
        Status::IOError,
        Status::CapacityError,
        Status::IndexError,
        Status::Cancelled,
        Status::NotImplemented,
        Status::SerializationError,
        Status::AlreadyExists,
    ];
    match codes.into_iter().find(|code| format!("{code:?}") == name) {
        Some(code) => {
            Error::invalid_argument(format!("as asked: {name} ü")).with_arrow_status(code)
        }
        None => Error::unavailable("with details ü").with_details([0, 255]),
    }
}

/// The request's `x-` headers as JSON, binary ones in hexadecimal. Answers with headers as well.
fn headers(cx: &CallContext) -> Result<String> {
    let mut mine = BTreeMap::new();
    for (name, value) in cx.headers() {
        let (name, value) = (name.as_str(), value.as_bytes());
        if name.starts_with("x-") {
            let value = match name.ends_with("-bin") {
                true => hex(&decode_bin(value)),
                false => String::from_utf8_lossy(value).into_owned(),
            };
            mine.insert(name, value);
        }
    }
    cx.set_header("x-reply", "heard")?;
    cx.set_header("x-reply-bin", "AP8")?;
    Ok(serde_json::to_string(&mine)?)
}

/// The milliseconds that the caller still waits.
fn deadline(cx: &CallContext) -> String {
    match cx.deadline() {
        Some(deadline) => {
            deadline.saturating_duration_since(Instant::now()).as_millis().to_string()
        }
        None => "none".to_owned(),
    }
}

/// The bytes of a `-bin` header, padded or not; none when they are not base64.
pub(super) fn decode_bin(value: &[u8]) -> Vec<u8> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, lenient).decode(value).unwrap_or_default()
}
