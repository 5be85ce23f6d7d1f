//! A table at one version: its schema and its files, in the terms of this crate.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use deltalake_core::table::state::DeltaTableState;

use super::parts::{Files, files};
use super::protocol::check_readable;
use super::schema::arrow_schema;
use crate::StoreError;
use crate::catalog::Part;

/// What a version's text begins with.
const VERSION_PREFIX: &str = "delta:";

/// A table as it was when a version was the youngest.
pub(crate) struct Table {
    path: PathBuf,
    state: DeltaTableState,
    version: String,
    schema: SchemaRef,
    files: Files,
    /// The statistics of its files, read out of the log when first asked for.
    pub(super) statistics: OnceLock<Option<RecordBatch>>,
}

impl Table {
    /// Reads a state of the log of the table at `path`.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] where the table cannot be read rightly.
    pub(super) fn new(path: &Path, state: DeltaTableState) -> Result<Self, StoreError> {
        check_readable(path, &state)?;
        let schema = arrow_schema(path, &state)?;
        let files = files(path, &state, &schema)?;
        let version = text(state.version(), &identity(state.metadata().id()));
        let statistics = OnceLock::new();
        Ok(Self { path: path.to_owned(), state, version, schema, files, statistics })
    }

    /// Its folder, relative to the store's.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What delta-rs knows of it.
    pub(super) fn state(&self) -> &DeltaTableState {
        &self.state
    }

    /// The number of its version.
    pub(crate) fn number(&self) -> u64 {
        self.state.version()
    }

    /// Its version as plans and replies name it: the number, and which table it is of.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What tells it from a table that was made in its place.
    pub(super) fn identity(&self) -> String {
        identity(self.state.metadata().id())
    }

    /// Its columns.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Its files, in the order in which they are read.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.files.parts
    }

    /// The partition columns, as indices into the schema, in the order of each part's values.
    pub(crate) fn keys(&self) -> &[usize] {
        &self.files.keys
    }

    /// For each part its row in the log's statistics.
    pub(super) fn rows_in_log(&self) -> &[usize] {
        &self.files.rows_in_log
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, version, .. } = self;
        f.debug_struct("Table").field("path", path).field("version", version).finish()
    }
}

/// The number in the text of a version, if it is one of a table.
pub(crate) fn number_of(version: &str) -> Option<u64> {
    let (number, _) = version.strip_prefix(VERSION_PREFIX)?.split_once(':')?;
    number.parse().ok()
}

/// The text of a version.
pub(super) fn text(number: u64, identity: &str) -> String {
    format!("{VERSION_PREFIX}{number}:{identity}")
}

/// Eight characters of the table's own id, which is random.
pub(super) fn identity(id: &str) -> String {
    let plain = id.chars().filter(char::is_ascii_alphanumeric);
    plain.take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_numbers() {
        assert_eq!(number_of(&text(7, "1a2b3c4d")), Some(7));
        for other in ["7", "delta:7", "delta:x:1a2b3c4d", "2a-7-1c"] {
            assert_eq!(number_of(other), None, "{other}");
        }
    }
}
