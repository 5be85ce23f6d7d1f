//! Whose fault an error was.

use wingbeat_wire::grpc::Code;

/// Whose fault an error was, as far as this process can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Whoever made the call: asked for something that is not there, or may not. Usual for
    /// ALREADY_EXISTS, CANCELLED, FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE,
    /// PERMISSION_DENIED, UNAUTHENTICATED and UNIMPLEMENTED.
    Caller,
    /// This process, or a limit set in it. Usual for the other codes of errors that are made here.
    Local,
    /// The other side of the connection, or the way there. Usual for the other codes of errors
    /// that were received.
    Peer,
}

impl Origin {
    /// The usual origin of an error that is made here.
    pub(crate) fn of_code(code: Code) -> Self {
        match code {
            Code::AlreadyExists
            | Code::Cancelled
            | Code::FailedPrecondition
            | Code::InvalidArgument
            | Code::NotFound
            | Code::OutOfRange
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::Unimplemented => Self::Caller,
            _ => Self::Local,
        }
    }

    /// The usual origin of an error that the peer sent.
    pub(crate) fn of_received(code: Code) -> Self {
        match Self::of_code(code) {
            Self::Caller => Self::Caller,
            _ => Self::Peer,
        }
    }

    /// The usual origin of an error that the transport found.
    pub(crate) fn of_transport(code: Code) -> Self {
        match code {
            // A reset that was sent here is known by its own reason: this is the other side's.
            Code::Cancelled => Self::Peer,
            Code::DeadlineExceeded | Code::ResourceExhausted => Self::Local,
            // Also by HTTP statuses of whoever stands before the server.
            Code::InvalidArgument | Code::PermissionDenied | Code::Unauthenticated => Self::Caller,
            _ => Self::Peer,
        }
    }
}
