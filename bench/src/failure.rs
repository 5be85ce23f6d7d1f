//! [`Failure`]: why a measurement did not come about, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

/// The result of a measurement.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Why there is no measurement.
#[derive(Debug)]
pub enum Failure {
    /// It went wrong, or what came is not what was expected.
    Failed(String),
    /// It was asked for wrongly, or is not to be had here.
    Usage(String),
}

impl Failure {
    /// A failure in words.
    pub fn failed(text: impl fmt::Display) -> Self {
        Self::Failed(text.to_string())
    }

    /// What there is to say.
    pub fn message(&self) -> &str {
        match self {
            Self::Failed(text) | Self::Usage(text) => text,
        }
    }

    /// 1, or 2 where nothing was tried.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
        })
    }
}

// Everything that has a text; `Failure` itself has none, or this would be ambiguous.
impl<E: fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::failed(error)
    }
}
