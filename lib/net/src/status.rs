//! How a gRPC call ended, and the trailers that say so.

use std::fmt;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use wingbeat_wire::DecodeError;
use wingbeat_wire::grpc::{Code, percent_decode, percent_encode};

use crate::body::Body;

/// The trailer with the code.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The trailer with the message.
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// What every body of a gRPC call is.
pub(crate) const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// How long `grpc-message` may get, encoded. gRPC core refuses a call whose trailers exceed 8 KiB,
/// and then its caller would learn nothing at all.
const MESSAGE_BYTES_MAX: usize = 4096;

/// The end of a gRPC call: a code, a text for people, and further trailers.
///
/// Made by a server to end a call, and by a client from the trailers that it received or from what
/// went wrong on the way ([`is_from_peer`](Self::is_from_peer) tells the two apart).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// The code.
    pub code: Code,
    /// The message, as text (percent-encoded only on the wire).
    pub message: String,
    /// All other trailers. Boxed to keep results small.
    pub metadata: Box<HeaderMap>,
    from_peer: bool,
    unseen: bool,
}

impl Status {
    /// A status without metadata.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            metadata: Box::default(),
            from_peer: false,
            unseen: false,
        }
    }

    /// The same with these trailers beside it.
    #[must_use]
    pub fn with_metadata(mut self, metadata: HeaderMap) -> Self {
        *self.metadata = metadata;
        self
    }

    /// Whether the other side sent it in its trailers, as opposed to having been found here: no
    /// connection, a broken one, a deadline that passed, bytes that make no sense.
    pub fn is_from_peer(&self) -> bool {
        self.from_peer
    }

    /// Whether the call has provably not reached its service: the server refused the stream, or
    /// said that it never looked at it. Such a call can be made again, whatever it does.
    pub fn is_unseen(&self) -> bool {
        self.unseen
    }

    /// Says that the call has provably not reached its service.
    pub(crate) fn unseen(mut self) -> Self {
        self.unseen = true;
        self
    }

    /// The trailers that carry it: metadata, `grpc-status` and, where there is one, the message,
    /// percent-encoded and cut at 4 KiB.
    pub fn to_trailers(&self) -> HeaderMap {
        let mut trailers = (*self.metadata).clone();
        trailers.insert(GRPC_STATUS, HeaderValue::from(self.code.to_i32()));
        trailers.remove(GRPC_MESSAGE);
        if !self.message.is_empty() {
            let text = percent_encode(cut(&self.message));
            // The encoding leaves printable ASCII only, which every header value may hold.
            if let Ok(value) = HeaderValue::from_str(&text) {
                trailers.insert(GRPC_MESSAGE, value);
            }
        }
        trailers
    }

    /// Reads the status out of trailers (or the headers of a trailers-only response); `None` when
    /// there is no `grpc-status` in them. A code that is no number is UNKNOWN.
    pub fn from_trailers(trailers: &HeaderMap) -> Option<Self> {
        let value = trailers.get(GRPC_STATUS)?;
        let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
        let message = trailers.get(GRPC_MESSAGE).map(|text| percent_decode(text.as_bytes()));
        let (code, message) = match number {
            Some(number) => (Code::from_i32(number), message.unwrap_or_default()),
            None => (Code::Unknown, format!("the peer sent the malformed grpc-status {value:?}")),
        };
        let mut metadata = Box::new(trailers.clone());
        metadata.remove(GRPC_STATUS);
        metadata.remove(GRPC_MESSAGE);
        Some(Self { code, message, metadata, from_peer: true, unseen: false })
    }

    /// A whole response of this status alone ("trailers-only").
    pub fn into_response(self) -> http::Response<Body> {
        let mut response = http::Response::new(Body::empty());
        *response.headers_mut() = self.to_trailers();
        response.headers_mut().insert(CONTENT_TYPE, GRPC);
        response
    }

    /// What a message means that cannot be read: RESOURCE_EXHAUSTED above a limit, INTERNAL where
    /// it is compressed without its call having said so (gRPC's compression rules), else `code`.
    pub(crate) fn from_decode(error: &DecodeError, code: Code) -> Self {
        let code = match error {
            error if error.is_limit() => Code::ResourceExhausted,
            DecodeError::Unsupported { .. } => Code::Internal,
            _ => code,
        };
        Self::new(code, error.to_string())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(self.code.name()),
            message => write!(f, "{}: {message}", self.code.name()),
        }
    }
}

impl std::error::Error for Status {}

/// The longest start of `message` that stays within [`MESSAGE_BYTES_MAX`] when every character that
/// is not ASCII is percent-encoded.
fn cut(message: &str) -> &str {
    let mut len = 0;
    for (at, char) in message.char_indices() {
        len += if matches!(char, ' '..='~') && char != '%' { 1 } else { 3 * char.len_utf8() };
        if len > MESSAGE_BYTES_MAX {
            return message.get(..at).unwrap_or_default();
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_round_trip() {
        let mut metadata = HeaderMap::new();
        metadata.insert("x-arrow-status", HeaderValue::from_static("2"));
        metadata.append("detail-bin", HeaderValue::from_static("AAE"));
        let status = Status::new(Code::NotFound, "no flight «ä%»\n").with_metadata(metadata);
        let trailers = status.to_trailers();
        assert_eq!(trailers["grpc-status"], "5");
        assert_eq!(trailers["grpc-message"], "no flight %C2%AB%C3%A4%25%C2%BB%0A");
        let back = Status::from_trailers(&trailers).unwrap();
        assert_eq!((back.code, back.message.as_str()), (status.code, status.message.as_str()));
        assert_eq!(back.metadata, status.metadata);
        assert!(back.is_from_peer() && !status.is_from_peer());
    }

    #[test]
    fn ok_has_no_message() {
        let trailers = Status::new(Code::Ok, "").to_trailers();
        assert_eq!((trailers.len(), &trailers["grpc-status"]), (1, &HeaderValue::from(0)));
    }

    #[test]
    fn what_is_missing_or_malformed() {
        assert!(Status::from_trailers(&HeaderMap::new()).is_none());
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("five"));
        let status = Status::from_trailers(&trailers).unwrap();
        assert_eq!(status.code, Code::Unknown);
        assert!(status.message.contains("five"), "{status}");
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("99"));
        assert_eq!(Status::from_trailers(&trailers).unwrap().code, Code::Unknown);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        for message in ["a".repeat(10_000), "ä".repeat(10_000), "%".repeat(10_000)] {
            let trailers = Status::new(Code::Internal, message.clone()).to_trailers();
            let len = trailers["grpc-message"].len();
            assert!((MESSAGE_BYTES_MAX - 8..=MESSAGE_BYTES_MAX).contains(&len), "{len}");
            let back = Status::from_trailers(&trailers).unwrap();
            assert!(message.starts_with(&back.message));
        }
    }

    #[test]
    fn display_names_the_code() {
        assert_eq!(Status::new(Code::NotFound, "x").to_string(), "NOT_FOUND: x");
        assert_eq!(Status::new(Code::NotFound, "").to_string(), "NOT_FOUND");
    }
}
