//! What can go wrong in a store: one enum, each case saying whose move it is.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the store.
///
/// The cases are told apart by what the caller can do about them; the text names the dataset or
/// the file, what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No dataset has this name.
    #[error("no dataset is named {name:?}{}", tail(.hint.as_ref()))]
    NotFound {
        /// The name as asked for.
        name: String,
        /// Why, or what is near, if something can be said.
        hint: Option<String>,
    },
    /// The dataset is there, and the caller asked to create it.
    #[error("dataset {name:?} exists already")]
    AlreadyExists {
        /// The name as asked for.
        name: String,
    },
    /// The name could mean several datasets.
    #[error("name {name:?} is ambiguous, it could be {}", .candidates.join(" or "))]
    Ambiguous {
        /// The name as asked for.
        name: String,
        /// The full names it could mean.
        candidates: Vec<String>,
    },
    /// The name can name no dataset, whatever is in the folder.
    #[error("invalid dataset name {name:?}: {reason}")]
    InvalidName {
        /// The name as asked for.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The request makes no sense for this dataset: an unknown column, a literal of another type.
    #[error("{reason}")]
    InvalidRequest {
        /// What was found and what was expected.
        reason: String,
    },
    /// A file's content is not what its format promises.
    #[error("file {} is corrupt: {reason}", .file.display())]
    Corrupt {
        /// The file, relative to the store's folder where it lies in one.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of a text file does not fit the type of its column.
    #[error(
        "file {} line {line}: column {column:?} holds {value:?}, which is not {expected}",
        .file.display()
    )]
    BadValue {
        /// The file, relative to the store's folder where it lies in one.
        file: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The name of the column.
        column: String,
        /// The value as it stands in the file.
        value: String,
        /// The type of the column.
        expected: String,
    },
    /// The dataset is no longer at the version that the caller expected.
    #[error("dataset {name:?} changed: {reason}")]
    Changed {
        /// The dataset's name.
        name: String,
        /// Which version was expected and which one was found.
        reason: String,
    },
    /// What bears this name is replaced or dropped only where the caller names that mode.
    #[error("dataset {name:?} is {found}: it is {action} only where that mode is named")]
    Protected {
        /// The name as asked for.
        name: String,
        /// What stands there.
        found: &'static str,
        /// What was asked: `replaced` or `dropped`.
        action: &'static str,
    },
    /// An upload has another number of rows than its sender said.
    #[error("upload of {name:?} is incomplete: expected {expected} rows, found {found}")]
    Incomplete {
        /// The dataset's name.
        name: String,
        /// The rows that the sender announced.
        expected: u64,
        /// The rows that came.
        found: u64,
    },
    /// The store, or the folder it lies on, takes no writes.
    #[error("store is read-only: {reason}")]
    ReadOnly {
        /// What makes it read-only.
        reason: String,
    },
    /// The file system has no room left.
    #[error("no space left for {}", .path.display())]
    Full {
        /// The file that was being written.
        path: PathBuf,
    },
    /// The store cannot do this, and says what it can do instead.
    #[error("{reason}")]
    Unsupported {
        /// What was asked and what is possible.
        reason: String,
    },
    /// The object store does not answer, or not as one: another try may succeed.
    #[error("{}: the object store fails: {reason}", .path.display())]
    Unavailable {
        /// The object.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A bug in this crate or the machine going down: nothing the caller can repair.
    #[error("internal error: {reason}")]
    Internal {
        /// What happened.
        reason: String,
    },
}

impl StoreError {
    /// An operating system error at `path`; the kinds that callers treat apart get their own case.
    #[must_use]
    pub fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { reason: format!("{}: {source}", path.display()) }
            }
            _ => Self::Io { path, source },
        }
    }

    /// A corrupt file.
    pub(crate) fn corrupt(file: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { file: file.to_path_buf(), reason: reason.to_string() }
    }

    /// A request that makes no sense.
    pub(crate) fn request(reason: impl Into<String>) -> Self {
        Self::InvalidRequest { reason: reason.into() }
    }
}

/// The tail of the text of [`StoreError::NotFound`].
fn tail(hint: Option<&String>) -> String {
    hint.map(|hint| format!(": {hint}")).unwrap_or_default()
}
