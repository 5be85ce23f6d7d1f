//! To and from the errors of others: foreign ones by `?`, those of the layers below, and the wire.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use http::HeaderMap;
use wingbeat_net::Status;
use wingbeat_wire::grpc::Code;
use wingbeat_wire::{DecodeError, EncodeError};

use super::{Error, Origin};

/// What a caller is told of an error whose text is not for it.
const HIDDEN: &str = "the service failed; its log says why";

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    /// Any foreign error is INTERNAL and stays here. Known ones keep their meaning: an [`Error`]
    /// that went through foreign hands comes back as it was, a `DecodeError` is the peer's fault.
    fn from(error: E) -> Self {
        let any: &dyn Any = &error;
        if let Some(status) = any.downcast_ref::<Status>() {
            return Self::from_status(status.clone());
        }
        if let Some(error) = any.downcast_ref::<DecodeError>() {
            return Self::from_decode(error, Code::InvalidArgument);
        }
        if let Some(error) = any.downcast_ref::<EncodeError>() {
            return Self::from_encode(error);
        }
        if let Some(error) = find_own(&error) {
            return error;
        }
        let mut this = Self::internal(error.to_string()).with_source(error);
        this.0.hidden = true;
        this
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(AsStd(error))
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        Box::new(AsStd(error))
    }
}

impl Error {
    /// What the transport says of a call.
    pub(crate) fn from_status(status: Status) -> Self {
        let origin = match status.is_from_peer() {
            true => Origin::of_received(status.code),
            false => Origin::of_transport(status.code),
        };
        let mut this = Self::new(status.code, status.message).with_origin(origin);
        this.0.metadata = *status.metadata;
        this
    }

    /// A peer's bytes that make no sense (`code`), or exceed a limit (RESOURCE_EXHAUSTED).
    pub(crate) fn from_decode(error: &DecodeError, code: Code) -> Self {
        let code = if error.is_limit() { Code::ResourceExhausted } else { code };
        Self::new(code, error.to_string()).with_origin(Origin::Peer)
    }

    /// A value that cannot be sent. The text says which row or type, and may be read by the peer.
    pub(crate) fn from_encode(error: &EncodeError) -> Self {
        let code = match error {
            EncodeError::TooLarge { .. } => Code::ResourceExhausted,
            _ => Code::Internal,
        };
        Self::new(code, error.to_string()).with_origin(Origin::Local)
    }

    /// Any error in a box; of one of ours, what it was.
    pub(crate) fn from_boxed(error: Box<dyn StdError + Send + Sync>) -> Self {
        if let Some(own) = find_own(&*error) {
            return own;
        }
        if let Some(status) = error.downcast_ref::<Status>() {
            return Self::from_status(status.clone());
        }
        let mut this = Self::internal(error.to_string()).with_source(error);
        this.0.hidden = true;
        this
    }

    /// What the peer is told of it. A foreign error is replaced by a fixed text.
    pub(crate) fn to_status(&self) -> Status {
        let message = if self.0.hidden { HIDDEN } else { self.message() };
        // Metadata that was received may hold what belongs to its own connection only.
        let mut metadata = HeaderMap::with_capacity(self.0.metadata.len());
        for (name, value) in &self.0.metadata {
            if !is_reserved(name.as_str()) {
                metadata.append(name.clone(), value.clone());
            }
        }
        self.complete_details(&mut metadata);
        Status::new(self.code(), message).with_metadata(metadata)
    }

    /// Whether the peer is not told the text, so that the log has to.
    pub(crate) fn is_hidden(&self) -> bool {
        self.0.hidden
    }
}

/// Whether a header or trailer belongs to gRPC or HTTP, so that no service may set it.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("grpc-") && name != "grpc-status-details-bin"
        || matches!(name, "content-type" | "content-length" | "te" | "trailer" | "date" | "server")
}

/// Looks for an [`Error`] of ours inside a foreign one, such as `ArrowError::ExternalError`.
fn find_own(error: &(dyn StdError + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(AsStd(own)) = error.downcast_ref() {
            return Some(own.clone());
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// An [`Error`] in foreign hands.
struct AsStd(Error);

impl fmt::Debug for AsStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for AsStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for AsStd {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
