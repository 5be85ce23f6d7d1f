//! One dataset: a name, a schema, a version and the files that hold its rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;

use super::probe::Facts;
use crate::delta::Table;
use crate::format::Format;
use crate::name::DatasetName;
use crate::storage::Stamp;

/// How a dataset lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatasetKind {
    /// One file.
    File,
    /// A leaf folder of files of one format.
    Folder,
    /// A folder of `key=value` folders.
    Hive,
    /// A Delta Lake table: a folder with a log, which has a history.
    Delta,
}

/// One file of a dataset.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// The state it was in.
    pub(crate) stamp: Stamp,
    /// The schema file beside it and its state.
    pub(crate) schema_file: Option<(PathBuf, Stamp)>,
    /// What it holds.
    pub(crate) facts: Arc<Facts>,
    /// The values of the columns that are not in the file, each an array of one value.
    pub(crate) keys: Vec<ArrayRef>,
}

/// A dataset as it was at one moment; a later version is another `Dataset`.
#[derive(Debug)]
pub struct Dataset {
    pub(crate) name: DatasetName,
    pub(crate) kind: DatasetKind,
    pub(crate) format: Format,
    pub(crate) schema: SchemaRef,
    pub(crate) version: String,
    /// The file or folder, relative to the store's folder.
    pub(crate) path: PathBuf,
    /// Its files, in the order in which they are read.
    pub(crate) parts: Vec<Part>,
    /// The columns that are not in the files, as indices into the schema, in the order of each
    /// part's keys: from the names of folders, or from a table's log.
    pub(crate) keys: Vec<usize>,
    /// What the log says, of a table.
    pub(crate) table: Option<Arc<Table>>,
}

impl Dataset {
    /// A table at one version.
    pub(crate) fn of_table(name: DatasetName, table: &Arc<Table>) -> Self {
        Self {
            name,
            kind: DatasetKind::Delta,
            format: Format::Parquet,
            schema: table.schema().clone(),
            version: table.version().to_owned(),
            path: table.path().to_owned(),
            parts: table.parts().to_vec(),
            keys: table.keys().to_vec(),
            table: Some(table.clone()),
        }
    }

    /// The place of a column among the keys of each part, if it is not in the files.
    pub(crate) fn key(&self, column: usize) -> Option<usize> {
        self.keys.iter().position(|&key| key == column)
    }

    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &DatasetName {
        &self.name
    }

    /// Whether it is a file or a folder.
    #[must_use]
    pub fn kind(&self) -> DatasetKind {
        self.kind
    }

    /// The format of its files.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its schema; columns that the names of folders make come last.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// An opaque text that changes whenever a file of the dataset does.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its rows, where the format knows them without reading the data.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.parts.iter().try_fold(0_u64, |rows, part| rows.checked_add(part.facts.rows?))
    }

    /// Its bytes on disk, where they say something about its content: Parquet and Arrow IPC.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        let bytes = self.parts.iter().map(|part| part.stamp.len).fold(0, u64::saturating_add);
        (!self.format.is_text()).then_some(bytes)
    }

    /// When its youngest file was last written, where the file system says so.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        self.parts.iter().filter_map(|part| part.stamp.modified).max()
    }

    /// The file or folder, relative to the store's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of files.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.parts.len()
    }
}
