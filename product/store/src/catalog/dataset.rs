//! One dataset: a name, a schema, a version and the files that hold its rows.

use std::path::PathBuf;
use std::time::SystemTime;

use arrow_schema::SchemaRef;

use crate::format::Format;
use crate::name::DatasetName;

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
}

/// A dataset as it was at one moment; a later version is another `Dataset`.
#[derive(Debug)]
pub struct Dataset {
    pub(crate) name: DatasetName,
    pub(crate) kind: DatasetKind,
    pub(crate) format: Format,
    pub(crate) schema: SchemaRef,
    pub(crate) version: String,
    pub(crate) rows: Option<u64>,
    pub(crate) bytes: u64,
    pub(crate) modified: Option<SystemTime>,
    /// The file or folder, relative to the store's folder.
    pub(crate) path: PathBuf,
}

impl Dataset {
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

    /// Its schema, Hive columns last.
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
        self.rows
    }

    /// Its bytes on disk, where they say something about its content: Parquet and Arrow IPC.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        (!self.format.is_text()).then_some(self.bytes)
    }

    /// When its youngest file was last written, where the file system says so.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }
}
