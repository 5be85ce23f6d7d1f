//! What travels with an error beside its code and text: details for programs, and the status of
//! Arrow C++.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use wingbeat_wire::grpc::{decode_bin, encode_bin};

use super::{ArrowStatus, ArrowStatusCode, Error};

const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const STATUS: HeaderName = HeaderName::from_static("x-arrow-status");
const STATUS_MESSAGE: HeaderName = HeaderName::from_static("x-arrow-status-message-bin");
const STATUS_DETAIL: HeaderName = HeaderName::from_static("x-arrow-status-detail-bin");

/// How long details may get, encoded. gRPC core refuses a call whose trailers exceed 8 KiB, and
/// `grpc-message` takes up to half of that.
const DETAILS_BYTES_MAX: usize = 3072;
/// How long the message may get that goes out a second time. Of a longer one C++ has the first.
const MESSAGE_BYTES_MAX: usize = 512;

impl Error {
    /// Adds details for programs: bytes that the application defines, `extra_info` in C++ and
    /// Python. (By gRPC's custom they are a `google.rpc.Status` message.) Up to 2304 bytes are
    /// sent; longer ones are logged and left out, since peers refuse trailers that are too long.
    #[must_use]
    pub fn with_details(mut self, details: impl AsRef<[u8]>) -> Self {
        let details = encode_bin(details.as_ref());
        set(&mut self.0.metadata, DETAILS, details);
        self
    }

    /// The details that came or go with the error.
    pub fn details(&self) -> Option<Bytes> {
        decode_bin(self.0.metadata.get(DETAILS)?.as_bytes()).ok()
    }

    /// Says which status of Arrow C++ the error is, for clients that know those. They build it
    /// with the kind of Flight error that the code stands for beside it. pyarrow raises the
    /// exception of the status where there is no such kind, as for INVALID_ARGUMENT.
    #[must_use]
    pub fn with_arrow_status(mut self, code: ArrowStatusCode) -> Self {
        set(&mut self.0.metadata, STATUS, (code as i32).to_string());
        self
    }

    /// Which status of Arrow C++ the error is, where its server said so.
    pub fn arrow_status(&self) -> Option<ArrowStatus> {
        let code = self.0.metadata.get(STATUS)?.to_str().ok()?.trim().parse().ok()?;
        let text = |name: &HeaderName| {
            let bytes = decode_bin(self.0.metadata.get(name)?.as_bytes()).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        let code = ArrowStatusCode::from_i32(code)?;
        Some(ArrowStatus { code, message: text(&STATUS_MESSAGE), detail: text(&STATUS_DETAIL) })
    }

    /// Completes the trailers for C++, which looks at details and messages only if there is a
    /// status of its own.
    pub(super) fn complete_details(&self, trailers: &mut HeaderMap) {
        if trailers.get(DETAILS).is_some_and(|details| details.len() > DETAILS_BYTES_MAX) {
            tracing::warn!(error = %self, "the details of the error are too long to be sent");
            trailers.remove(DETAILS);
        }
        if trailers.contains_key(DETAILS) && !trailers.contains_key(STATUS) {
            let code = ArrowStatusCode::of_code(self.code());
            set(trailers, STATUS, (code as i32).to_string());
        }
        let fits = self.message().len() <= MESSAGE_BYTES_MAX;
        let says_more = trailers.contains_key(STATUS) && !trailers.contains_key(STATUS_MESSAGE);
        if says_more && fits && !self.is_hidden() {
            set(trailers, STATUS_MESSAGE, encode_bin(self.message().as_bytes()));
        }
    }
}

/// Sets a trailer of digits or base64, which every header may hold.
fn set(trailers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        trailers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use wingbeat_net::Status;

    use super::*;
    use crate::Code;

    /// The error as its caller gets it.
    fn received(error: &Error) -> Error {
        let trailers = error.to_status().to_trailers();
        Error::from_status(Status::from_trailers(&trailers).unwrap())
    }

    #[test]
    fn details_and_status_arrive() {
        let error = Error::unknown("ärger")
            .with_arrow_status(ArrowStatusCode::TypeError)
            .with_details([0, 255]);
        assert_eq!(error.arrow_status().unwrap().message, None);
        let there = received(&error);
        assert_eq!(there.details().as_deref(), Some(&[0, 255][..]));
        let status = there.arrow_status().unwrap();
        assert_eq!(status.code, ArrowStatusCode::TypeError);
        assert_eq!((status.message.as_deref(), status.detail), (Some("ärger"), None));
        // Handed on as it came.
        let further = received(&there.clone());
        assert_eq!(further.arrow_status(), there.arrow_status());
        assert_eq!(further.metadata().len(), there.metadata().len());
    }

    #[test]
    fn an_error_without_either_has_no_trailers() {
        let there = received(&Error::not_found("x"));
        assert_eq!((there.details(), there.arrow_status()), (None, None));
        assert!(there.metadata().is_empty());
    }

    #[test]
    fn details_bring_a_status_for_those_who_need_one() {
        for (error, code) in [
            (Error::not_found("x"), ArrowStatusCode::KeyError),
            (Error::invalid_argument("x"), ArrowStatusCode::Invalid),
            (Error::unauthenticated("x"), ArrowStatusCode::IOError),
            (Error::already_exists("x"), ArrowStatusCode::AlreadyExists),
        ] {
            let there = received(&error.with_details("y"));
            assert_eq!(there.arrow_status().unwrap().code, code);
            assert_eq!(there.details().unwrap(), "y");
        }
    }

    #[test]
    fn what_is_too_long_or_hidden_is_left_out() {
        let long = "x".repeat(2305);
        let there = received(&Error::internal("x").with_details(&long[1..]));
        assert_eq!(there.details().map(|details| details.len()), Some(2304));
        let there = received(&Error::internal("x").with_details(&long));
        assert_eq!((there.details(), there.arrow_status()), (None, None));
        let wordy = Error::unknown(long).with_arrow_status(ArrowStatusCode::IndexError);
        assert_eq!(received(&wordy).arrow_status().unwrap().message, None);
        let foreign = Error::from(std::io::Error::other("secret"));
        let there = received(&foreign.with_arrow_status(ArrowStatusCode::IOError));
        assert_eq!(there.arrow_status().unwrap().message, None);
    }

    #[test]
    fn what_makes_no_sense_is_not_there() {
        for value in ["99", "x", ""] {
            let value = HeaderValue::from_static(value);
            let error = Error::internal("x").with_metadata(STATUS, value);
            assert_eq!(error.arrow_status(), None);
        }
        let error = Error::internal("x").with_metadata(DETAILS, HeaderValue::from_static("?"));
        assert_eq!((error.details(), error.code()), (None, Code::Internal));
    }
}
