//! A file being written in the staging area: gone when nobody wants it any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::area::{Writing, refused};
use super::disk::DiskFile;
use crate::StoreError;
use crate::write::WriteError;

/// A file of this process's staging area. Dropped, it is removed.
#[derive(Debug)]
pub(crate) struct Draft {
    writing: Arc<Writing>,
    /// Empty once the file is gone.
    path: PathBuf,
    file: Arc<File>,
}

impl Draft {
    /// A new, empty file.
    pub(crate) fn create(writing: &Arc<Writing>) -> Result<Self, StoreError> {
        let writing = writing.clone();
        let path = writing.new_path()?;
        let file = writing.disk.create(&path).map_err(|error| refused(&path, error))?;
        Ok(Self { writing, path, file: Arc::new(file) })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself.
    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// For writing to it.
    pub(crate) fn target(&self) -> DiskFile {
        self.writing.disk.target(self.file.clone(), &self.path)
    }

    /// Waits until it is on the disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        let synced = self.writing.disk.sync_file(&self.file, &self.path);
        synced.map_err(|error| refused(&self.path, error))
    }

    /// Gives it a name where nothing stands; the folder is for the caller to sync.
    pub(crate) fn publish(&mut self, to: &Path) -> io::Result<()> {
        self.writing.disk.publish(&self.path, to)?;
        self.path = PathBuf::new();
        Ok(())
    }

    /// Removes what lies at its path now. Blocks.
    pub(crate) fn remove(&mut self) {
        remove(&self.writing, &std::mem::take(&mut self.path));
    }

    /// What a writer's error means to the caller.
    pub(crate) fn error(&self, error: WriteError) -> StoreError {
        match error {
            WriteError::Io(error) => refused(&self.path, error),
            WriteError::Unrepresentable(error) => {
                StoreError::Unsupported { reason: error.to_string() }
            }
            refused @ WriteError::Refused { .. } => StoreError::request(refused.to_string()),
        }
    }
}

/// Removes what lies at a staged path, if anything still does.
fn remove(writing: &Writing, path: &Path) {
    if fs::symlink_metadata(path).is_err() {
        return;
    }
    if let Err(error) = writing.disk.remove(path) {
        tracing::warn!(%error, path = %path.display(), "a staged file is swept later");
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        let path = std::mem::take(&mut self.path);
        let writing = self.writing.clone();
        // To remove a large file takes a while, and the last owner may be an I/O thread.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || remove(&writing, &path))),
            Err(_) => remove(&writing, &path),
        }
    }
}
