//! [`LoadError`]: why a file of secrets cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a file of tokens, users or keys cannot be used. The text holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It does not hold what it should.
    #[error("{}: {reason}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// There is no source of random numbers.
    #[error("the operating system gives no random bytes: {reason}")]
    Random {
        /// What it said.
        reason: String,
    },
}
