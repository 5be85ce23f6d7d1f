//! The log of one table: where it lies, and how its state at a version is read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use deltalake_core::logstore::object_store::{ObjectStore, ObjectStoreExt as _};
use deltalake_core::logstore::{
    LogStoreRef, StorageConfig, commit_uri_from_version, default_logstore,
};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTableError, ObjectStoreError};
use url::Url;

use super::error::failed;
use super::folder::Folder;
use crate::StoreError;
use crate::commit::Writing;
use crate::storage::Place;
use crate::storage::wait;

/// The folder of the log in a table's folder.
pub(super) const LOG_FOLDER: &str = "_delta_log";

/// How many digits the name of an entry has.
const VERSION_DIGITS: usize = 20;

/// What a log is called where delta-rs wants an address. It resolves names against the table's
/// own folder, which is all that it is shown.
const ADDRESS: &str = "wingbeat-table:///";

/// Whether a folder is a table: its log has at least one entry.
pub(crate) fn is_table(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder.join(LOG_FOLDER)) else { return false };
    entries.flatten().any(|entry| is_log_entry(LOG_FOLDER, &entry.file_name().to_string_lossy()))
}

/// Whether a file is an entry of a table's log, by the names of its folder and its own.
pub(crate) fn is_log_entry(folder: &str, name: &str) -> bool {
    folder == LOG_FOLDER
        && name.starts_with(|first: char| first.is_ascii_digit())
        && (name.ends_with(".json") || name.ends_with(".parquet"))
}

/// The log of a table.
#[derive(Clone, Debug)]
pub(super) struct Log {
    store: LogStoreRef,
    /// The table's folder below the store's.
    path: PathBuf,
}

/// What tells whether a version is still the youngest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    entry: Option<Entry>,
    followed: bool,
}

/// What tells one entry from another of the same version, in a table that was made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    bytes: u64,
    tag: Option<String>,
    modified: i64,
}

impl Log {
    /// The log of the table at `path` below `root`.
    pub(super) fn open(
        writing: &Arc<Writing>,
        place: &Place,
        path: &Path,
    ) -> Result<Self, StoreError> {
        match place {
            Place::Folder(root) => Self::in_folder(writing, &root.path().join(path), path),
            Place::Bucket(bucket) => Self::over(bucket.below(path)?, path),
        }
    }

    /// The log of the table in a folder, which errors call `path`.
    pub(super) fn in_folder(
        writing: &Arc<Writing>,
        folder: &Path,
        path: &Path,
    ) -> Result<Self, StoreError> {
        let files = Folder::open(writing.clone(), folder.to_owned());
        let files = files.map_err(|error| failed(path, DeltaTableError::from(error)))?;
        Self::over(Arc::new(files), path)
    }

    fn over(files: Arc<dyn ObjectStore>, path: &Path) -> Result<Self, StoreError> {
        let address = Url::parse(ADDRESS);
        let address =
            address.map_err(|error| StoreError::Internal { reason: error.to_string() })?;
        let store = default_logstore(files.clone(), files, &address, &StorageConfig::default());
        Ok(Self { store, path: path.to_owned() })
    }

    /// The log as delta-rs takes it.
    pub(super) fn store(&self) -> &LogStoreRef {
        &self.store
    }

    /// The table's folder below the store's.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The state at a version, or at the youngest. Blocks.
    pub(super) fn load(&self, version: Option<u64>) -> Result<DeltaTableState, StoreError> {
        let log = self.clone();
        wait(async move {
            let state = DeltaTableState::try_new(&log.store, version).await;
            state.map_err(|error| failed(&log.path, error))
        })
    }

    /// The youngest state, from an earlier one and what was committed since. Blocks.
    pub(super) fn follow(&self, earlier: &DeltaTableState) -> Result<DeltaTableState, StoreError> {
        let log = self.clone();
        let mut state = earlier.clone();
        wait(async move {
            let updated = state.update(&log.store, None).await;
            updated.map_err(|error| failed(&log.path, error))?;
            Ok(state)
        })
    }

    /// How the end of the log looks if `version` is the youngest. Blocks.
    pub(super) fn tip(&self, version: u64) -> Result<Tip, StoreError> {
        let log = self.clone();
        wait(async move {
            let (entry, next) =
                futures_util::future::join(log.head(version), log.head(version + 1)).await;
            Ok(Tip { entry: entry?, followed: next?.is_some() })
        })
    }

    /// What a version's entry looks like; `None` where there is none.
    async fn head(&self, version: u64) -> Result<Option<Entry>, StoreError> {
        let location = commit_uri_from_version(Some(version));
        match self.store.object_store(None).head(&location).await {
            Ok(meta) => Ok(Some(Entry {
                bytes: meta.size,
                tag: meta.e_tag,
                modified: meta.last_modified.timestamp_millis(),
            })),
            Err(ObjectStoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(&self.path, error.into())),
        }
    }

    /// The versions that the log still has an entry of, in their order, each with the time at
    /// which it was written, in milliseconds since 1970. Blocks.
    pub(super) fn entries(&self) -> Result<Vec<(u64, i64)>, StoreError> {
        let log = self.clone();
        wait(async move {
            let store = log.store.object_store(None);
            let folder = log.store.log_path().clone();
            let listed = store.list_with_delimiter(Some(&folder)).await;
            let listed = listed.map_err(|error| failed(&log.path, error.into()))?;
            let mut entries: Vec<(u64, i64)> = Vec::new();
            for meta in listed.objects {
                let number = meta.location.filename().and_then(|name| name.strip_suffix(".json"));
                let number = number.filter(|digits| digits.len() == VERSION_DIGITS);
                if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
                    entries.push((number, meta.last_modified.timestamp_millis()));
                }
            }
            entries.sort_unstable();
            Ok(entries)
        })
    }

    /// The entry of a version, as it stands in the log; `None` where there is none. Blocks.
    pub(super) fn entry(&self, version: u64) -> Result<Option<Bytes>, StoreError> {
        let log = self.clone();
        wait(async move {
            let read = log.store.read_commit_entry(version).await;
            read.map_err(|error| failed(&log.path, error))
        })
    }
}

impl Tip {
    /// The same entry with nothing behind it: how the end looked when it was read. What was
    /// committed while it was read is then noticed at the next look.
    pub(super) fn end(self) -> Self {
        Self { followed: false, ..self }
    }

    /// Whether both have the same entry: then the one only has more behind it than the other.
    pub(super) fn same_entry(&self, other: &Self) -> bool {
        self.entry.is_some() && self.entry == other.entry
    }
}
