//! How the program ends: documented exit codes and one line on stderr.

use std::fmt;
use std::process::ExitCode;

use wingbeat::Code;

/// What stands in `--help` about exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 done (a reader that went away early counts as done), 1 failed, 2 wrong usage,
3 not found, 4 refused (not allowed, read-only, exists already), 5 the server cannot be reached
or did not answer in time, 128 and the signal's number when interrupted (Ctrl-C: 130).";

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call failed.
    Flight(wingbeat::Error),
    /// A call failed, and a flag would change that.
    Refused(wingbeat::Error, &'static str),
    /// Files, the store or the server failed.
    Local(String),
    /// The command line makes no sense.
    Usage(String),
    /// A signal of this number: Ctrl-C is 2.
    Interrupted(u8),
    /// Whoever read our stdout has gone: nothing is wrong.
    BrokenPipe,
}

/// The result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure on this side that is nobody's usage.
    pub(crate) fn local(what: impl fmt::Display) -> Self {
        Self::Local(what.to_string())
    }

    /// A mistake in the command line.
    pub(crate) fn usage(what: impl fmt::Display) -> Self {
        Self::Usage(what.to_string())
    }

    /// A refusal of a server; `hint` is told where the refusal names `what` would be needed.
    pub(crate) fn refused(error: wingbeat::Error, what: &str, hint: &'static str) -> Self {
        if error.code() == Code::FailedPrecondition && error.message().contains(what) {
            return Self::Refused(error, hint);
        }
        Self::Flight(error)
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = match self {
            Self::BrokenPipe => 0,
            Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::Interrupted(signal) => 128_u8.saturating_add(*signal),
            Self::Flight(error) | Self::Refused(error, _) => match error.code() {
                Code::NotFound => 3,
                Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::PermissionDenied
                | Code::Unauthenticated => 4,
                Code::Unavailable | Code::DeadlineExceeded => 5,
                _ => 1,
            },
        };
        ExitCode::from(code)
    }

    /// The line for stderr; `None` where there is nothing to say.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::BrokenPipe => None,
            Self::Interrupted(_) => Some("interrupted".to_owned()),
            Self::Local(text) | Self::Usage(text) => Some(text.clone()),
            Self::Refused(error, hint) => {
                Some(format!("{} ({})\nhint: {hint}", error.message(), error.code().name()))
            }
            // What failed here is named by its text; the code says nothing more.
            Self::Flight(error) if is_local(error) => Some(error.message().to_owned()),
            Self::Flight(error) => Some(format!("{} ({})", error.message(), error.code().name())),
        }
    }
}

/// Whether the call failed for a reason that lies here, such as a file that cannot be read.
fn is_local(error: &wingbeat::Error) -> bool {
    error.origin() != wingbeat::Origin::Peer && error.code() == Code::Internal
}

impl From<wingbeat::Error> for Failure {
    fn from(error: wingbeat::Error) -> Self {
        Self::Flight(error)
    }
}

impl From<wingbeat_store::StoreError> for Failure {
    fn from(error: wingbeat_store::StoreError) -> Self {
        if let wingbeat_store::StoreError::Io { source, .. } = &error
            && source.kind() == std::io::ErrorKind::BrokenPipe
        {
            return Self::BrokenPipe;
        }
        Self::local(error)
    }
}

impl From<wingbeat_store::WriteError> for Failure {
    fn from(error: wingbeat_store::WriteError) -> Self {
        match error {
            wingbeat_store::WriteError::Io(error) => error.into(),
            other => Self::local(other),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::local(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        match error.io_error_kind() {
            Some(std::io::ErrorKind::BrokenPipe) => Self::BrokenPipe,
            _ => Self::local(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_documented() {
        let code = |failure: Failure| format!("{:?}", failure.exit_code());
        let expect = |n: u8| format!("{:?}", ExitCode::from(n));
        assert_eq!(code(wingbeat::Error::not_found("x").into()), expect(3));
        assert_eq!(code(wingbeat::Error::already_exists("x").into()), expect(4));
        assert_eq!(code(wingbeat::Error::unavailable("x").into()), expect(5));
        assert_eq!(code(wingbeat::Error::internal("x").into()), expect(1));
        assert_eq!(code(Failure::Interrupted(2)), expect(130));
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(code(pipe.into()), expect(0));
    }
}
