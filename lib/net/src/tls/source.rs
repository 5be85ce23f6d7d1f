//! [`PemSource`]: where certificates and keys come from, and [`TlsError`].

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::listener::describe;

/// Certificates or a key in PEM: a file, which is read again when it changes, or the text itself.
#[derive(Clone)]
pub enum PemSource {
    /// A file.
    File(PathBuf),
    /// The text.
    Text(Arc<str>),
}

/// Why TLS cannot be set up: a file that is not there, a text that is no certificate. Names files,
/// and shows nothing of what is in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(pub(super) String);

/// What tells whether a file is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    len: u64,
    modified: (i64, i64),
    mode: u32,
}

/// The group of a file and everybody else.
const READABLE_BY_OTHERS: u32 = 0o044;

impl PemSource {
    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// The text itself.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Its bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>, TlsError> {
        match self {
            Self::File(path) => std::fs::read(path).map_err(|error| {
                TlsError(format!("cannot read {}: {}", path.display(), describe(&error)))
            }),
            Self::Text(text) => Ok(text.as_bytes().to_vec()),
        }
    }

    /// Says so where others than its owner can read the file of a key.
    pub(super) fn warn_if_readable(&self) {
        let Self::File(path) = self else { return };
        let mode = std::fs::metadata(path).map(|meta| meta.mode());
        if mode.is_ok_and(|mode| mode & READABLE_BY_OTHERS != 0) {
            tracing::warn!(path = %path.display(), "others than its owner can read the key");
        }
    }

    /// `None` for a text, and for a file that is not there.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::File(path) => std::fs::metadata(path).ok().map(Stamp::from),
            Self::Text(_) => None,
        }
    }
}

impl From<Metadata> for Stamp {
    fn from(meta: Metadata) -> Self {
        Self {
            file: (meta.dev(), meta.ino()),
            len: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            mode: meta.mode(),
        }
    }
}

/// For errors: the file's name.
impl fmt::Display for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Text(_) => f.write_str("the given text"),
        }
    }
}

/// Not the text: it may be a key.
impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(***)"),
        }
    }
}
