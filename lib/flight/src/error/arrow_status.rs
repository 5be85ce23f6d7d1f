//! [`ArrowStatus`]: the status that Arrow C++ sends beside gRPC's, and builds its errors from.

use wingbeat_wire::grpc::Code;

/// A status of Arrow C++, as it travels in the trailers `x-arrow-status` and others. The codes of
/// gRPC cannot tell apart what is UNKNOWN or INTERNAL to them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArrowStatus {
    /// Which kind of error.
    pub code: ArrowStatusCode,
    /// The message, where it was sent beside `grpc-message`.
    pub message: Option<String>,
    /// What the status has as its detail, as text.
    pub detail: Option<String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        /// The kinds of errors that Arrow C++ has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ArrowStatusCode {
            $($(#[$doc])* $name = $value,)*
        }

        impl ArrowStatusCode {
            /// The kind of that number.
            pub(super) fn from_i32(value: i32) -> Option<Self> {
                match value {
                    $($value => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// No memory is left. `MemoryError` in Python.
    OutOfMemory = 1,
    /// What was asked for is not there. `KeyError` in Python.
    KeyError = 2,
    /// A value or a schema has a type that does not fit.
    TypeError = 3,
    /// The request or the data makes no sense.
    Invalid = 4,
    /// Something outside failed: a file, a network.
    IOError = 5,
    /// A container is too small, such as one with offsets of 32 bits.
    CapacityError = 6,
    /// An index is out of bounds.
    IndexError = 7,
    /// Somebody gave up.
    Cancelled = 8,
    /// None of the others.
    UnknownError = 9,
    /// It is not implemented.
    NotImplemented = 10,
    /// Something could not be written or read as bytes.
    SerializationError = 11,
    /// An error of R.
    RError = 13,
    /// An expression could not be compiled.
    CodeGenError = 40,
    /// An expression makes no sense.
    ExpressionValidationError = 41,
    /// An expression could not be evaluated.
    ExecutionError = 42,
    /// What was to be created is there.
    AlreadyExists = 45,
}

impl ArrowStatusCode {
    /// What C++ makes of a code of gRPC that comes alone.
    pub(super) fn of_code(code: Code) -> Self {
        match code {
            Code::NotFound => Self::KeyError,
            Code::InvalidArgument
            | Code::ResourceExhausted
            | Code::FailedPrecondition
            | Code::OutOfRange => Self::Invalid,
            Code::AlreadyExists => Self::AlreadyExists,
            Code::Unimplemented => Self::NotImplemented,
            Code::Cancelled => Self::Cancelled,
            Code::Unknown => Self::UnknownError,
            _ => Self::IOError,
        }
    }
}
