//! The one error type: a code, whose fault it was, and a text.

mod arrow_status;
mod convert;
mod details;
mod origin;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use wingbeat_wire::grpc::Code;

pub use self::arrow_status::{ArrowStatus, ArrowStatusCode};
pub(crate) use self::convert::is_reserved;
pub use self::origin::Origin;

/// `std::result::Result` with [`Error`] as the default error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not succeed: a [`Code`], an [`Origin`] and a text that the other side may read.
///
/// One pointer wide and cheap to clone. Like `anyhow::Error` it does not implement
/// [`std::error::Error`], so that `?` takes any foreign error: that becomes INTERNAL, its text is
/// logged when the error reaches the wire, and the caller is told no more than the code. What a
/// caller is meant to read is made by the constructors.
///
/// ```
/// use wingbeat::{Code, Error, Origin};
///
/// fn parse(text: &str) -> wingbeat::Result<u32> {
///     Ok(text.parse::<u32>()?) // foreign: INTERNAL, the text stays here
/// }
/// let error = parse("goose").unwrap_err();
/// assert_eq!((error.code(), error.origin()), (Code::Internal, Origin::Local));
///
/// let error = Error::not_found("no flight named \"goose\"");
/// assert_eq!((error.code(), error.origin()), (Code::NotFound, Origin::Caller));
/// ```
#[derive(Clone)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
struct Repr {
    code: Code,
    origin: Origin,
    message: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    metadata: HeaderMap,
    /// Whether `message` is for this process only.
    hidden: bool,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident;)*) => {
        impl Error {
            $($(#[$doc])*
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                Self::new(Code::$code, message)
            })*
        }
    };
}

constructors! {
    /// ABORTED: a conflict with another call, worth trying again from the start.
    aborted => Aborted;
    /// ALREADY_EXISTS: what was to be created is there.
    already_exists => AlreadyExists;
    /// CANCELLED: somebody gave up on the call.
    cancelled => Cancelled;
    /// DATA_LOSS: data is corrupt or gone.
    data_loss => DataLoss;
    /// DEADLINE_EXCEEDED, TIMED_OUT in Flight: the time is over.
    deadline_exceeded => DeadlineExceeded;
    /// FAILED_PRECONDITION: the state of things does not allow the call.
    failed_precondition => FailedPrecondition;
    /// INTERNAL: something is wrong with the service.
    internal => Internal;
    /// INVALID_ARGUMENT: the call makes no sense, whatever the state of things.
    invalid_argument => InvalidArgument;
    /// NOT_FOUND: what was asked for is not there.
    not_found => NotFound;
    /// OUT_OF_RANGE: the call reaches beyond what there is.
    out_of_range => OutOfRange;
    /// PERMISSION_DENIED, UNAUTHORIZED in Flight: the caller is known and may not.
    permission_denied => PermissionDenied;
    /// RESOURCE_EXHAUSTED: a quota or limit is used up.
    resource_exhausted => ResourceExhausted;
    /// UNAUTHENTICATED: the caller is not known.
    unauthenticated => Unauthenticated;
    /// UNAVAILABLE: not now; worth trying again.
    unavailable => Unavailable;
    /// UNIMPLEMENTED: the service does not do this.
    unimplemented => Unimplemented;
    /// UNKNOWN: none of the others fits.
    unknown => Unknown;
}

impl Error {
    /// An error of `code`, with the origin that is usual for it ([`Origin`] says which).
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr {
            code,
            origin: Origin::of_code(code),
            message: message.into(),
            source: None,
            metadata: HeaderMap::new(),
            hidden: false,
        }))
    }

    /// What a caller is told whose call took longer than it said that it waits.
    pub(crate) fn call_overdue() -> Self {
        Self::deadline_exceeded("the call's deadline passed on the server")
    }

    /// Says whose fault it was.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.0.origin = origin;
        self
    }

    /// Keeps the error behind this one. It is logged with it, and never sent.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Adds a trailer that travels with the error. The value of a name that ends in `-bin` is to
    /// be base64 already.
    #[must_use]
    pub fn with_metadata(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.metadata.append(name, value);
        self
    }

    /// Adds to the text, in brackets.
    #[must_use]
    pub(crate) fn with_notes(mut self, notes: Vec<String>) -> Self {
        if !notes.is_empty() {
            self.0.message = format!("{} ({})", self.0.message, notes.join("; ")).into();
        }
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whose fault it was.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// The text, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The trailers that came or go with it, other than those of gRPC itself.
    pub fn metadata(&self) -> &HeaderMap {
        &self.0.metadata
    }

    /// The error behind this one.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            "" => f.write_str(self.code().name()),
            message => write!(f, "{}: {message}", self.code().name()),
        }
    }
}

/// The same as Display, then the chain of sources: it is what `main` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = self.source();
        while let Some(error) = source {
            let text = error.to_string();
            if text != self.message() {
                write!(f, "\n  caused by: {text}")?;
            }
            source = error.source();
        }
        Ok(())
    }
}
