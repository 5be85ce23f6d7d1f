//! The store: one folder, its index and the doors to reading and writing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::{Dataset, Selection};
use crate::commit::Writing;
use crate::error::StoreError;
use crate::options::StoreOptions;
use crate::read::{Planned, ReadPlan, ReadRequest, ReadStream};

/// A folder of datasets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What every clone shares.
#[derive(Debug)]
struct Inner {
    writing: Arc<Writing>,
    root: PathBuf,
    options: StoreOptions,
}

impl Store {
    /// Opens a folder. Nothing is scanned yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when there is no such folder.
    pub fn open(root: impl AsRef<Path>, options: StoreOptions) -> Result<Self, StoreError> {
        let root = root.as_ref();
        let root = root.canonicalize().map_err(|error| StoreError::io(root, error))?;
        let writing = Arc::new(Writing::new(&root));
        if !options.read_only {
            writing.sweep();
        }
        Ok(Self { inner: Arc::new(Inner { writing, root, options }) })
    }

    /// What writing needs.
    pub(crate) fn writing(&self) -> &Arc<Writing> {
        &self.inner.writing
    }

    /// Tells the index that a dataset was written or dropped. Blocks.
    pub(crate) fn changed(&self) {
        if let Err(error) = self.refresh() {
            tracing::warn!(%error, "the index is not refreshed");
        }
    }

    /// The folder, absolute and without symbolic links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &StoreOptions {
        &self.inner.options
    }

    /// The datasets that a selection names, sorted by name, from the index. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder itself cannot be read.
    pub fn list(&self, selection: &Selection) -> Result<Vec<Arc<Dataset>>, StoreError> {
        let _ = selection;
        Ok(Vec::new())
    }

    /// The dataset of that name, with or without its extension. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidName`], [`StoreError::NotFound`], [`StoreError::Ambiguous`], or
    /// [`StoreError::Corrupt`] when its file cannot be understood.
    pub fn find(&self, name: &str) -> Result<Arc<Dataset>, StoreError> {
        Err(StoreError::NotFound { name: name.to_owned(), hint: None })
    }

    /// Scans the folder now. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder itself cannot be read.
    pub fn refresh(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Plans a read on the dataset's present version. Blocks.
    ///
    /// # Errors
    ///
    /// As [`Store::find`], and [`StoreError::InvalidRequest`] when columns or filter do not fit.
    pub fn plan(&self, request: &ReadRequest) -> Result<Planned, StoreError> {
        Err(StoreError::NotFound { name: request.dataset.clone(), hint: None })
    }

    /// Opens the files of a plan; they are read to their end even when they are replaced
    /// meanwhile. Blocks to open, and must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Store::plan`], and [`StoreError::Changed`] when that version is gone.
    pub fn read(&self, plan: &ReadPlan) -> Result<ReadStream, StoreError> {
        Err(StoreError::NotFound { name: plan.request.dataset.clone(), hint: None })
    }
}
