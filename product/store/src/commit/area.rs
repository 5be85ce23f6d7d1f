//! The store's own folder, `.wingbeat/`: where uploads are staged and commits are serialised.
//!
//! ```text
//! .wingbeat/lock                    held while a commit changes names
//! .wingbeat/turn.lock               held while somebody waits for that lock
//! .wingbeat/secret                  what the processes on the folder share, see `secret`
//! .wingbeat/intent                  a commit of two steps that is under way, see `intent`
//! .wingbeat/staging/PROCESS.lock    held for as long as the process lives
//! .wingbeat/staging/PROCESS/        that process's uploads
//! ```
//!
//! A folder in `staging/` whose lock nobody holds belongs to a process that is gone, and is swept.
//! Locks and not process ids decide that: ids are used again, and mean nothing between machines
//! or containers.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::disk::Disk;
use super::intent;
use super::lock::FileLock;
use crate::StoreError;

/// The ending of a process's lock file.
const LOCK_ENDING: &str = "lock";

/// What a store needs for writing. Nothing is created before the first upload.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(super) disk: Disk,
    area: PathBuf,
    root: PathBuf,
    own: Mutex<Option<Own>>,
    next: AtomicU64,
}

/// This process's part of the staging area.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    lock_file: PathBuf,
    _lock: FileLock,
}

impl Writing {
    /// Its folder below the store's root.
    pub(super) const FOLDER: &str = ".wingbeat";

    /// For the store at `root`.
    pub(crate) fn new(root: &Path) -> Self {
        Self::with_disk(root, Disk::default())
    }

    /// For the store at `root`, writing through `disk`.
    pub(crate) fn with_disk(root: &Path, disk: Disk) -> Self {
        Self {
            disk,
            area: root.join(Self::FOLDER),
            root: root.to_owned(),
            own: Mutex::new(None),
            next: AtomicU64::new(0),
        }
    }

    /// The store's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the intent of a commit under way lies.
    pub(super) fn intent_path(&self) -> PathBuf {
        self.area.join("intent")
    }

    /// The folder in which the intent lies.
    pub(super) fn area(&self) -> &Path {
        &self.area
    }

    /// A path for a new file of this process.
    pub(super) fn new_path(&self) -> Result<PathBuf, StoreError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &*own {
            Some(own) if own.folder.is_dir() => own.folder.clone(),
            // The first upload, or somebody removed the area under a running server.
            _ => own.insert(self.claim()?).folder.clone(),
        };
        Ok(folder.join(number.to_string()))
    }

    /// A path for something that lives no longer than the commit lock, or a share of it, is held.
    /// What is still there later belongs to no process and is swept.
    pub(super) fn scratch_path(&self) -> PathBuf {
        self.staging().join(Uuid::new_v4().simple().to_string())
    }

    /// Takes the commit lock, and completes what a dead process left half done.
    pub(super) fn lock(&self) -> Result<FileLock, StoreError> {
        let lock = self.bare_lock()?;
        intent::complete(self)?;
        Ok(lock)
    }

    /// The same together with others who only add to what is there.
    pub(super) fn lock_shared(&self) -> Result<FileLock, StoreError> {
        self.ensure(&self.area)?;
        let path = self.area.join("lock");
        let _turn = self.turn()?;
        let lock = FileLock::wait_shared(&path).map_err(|error| refused(&path, error))?;
        self.ensure(&self.staging())?;
        Ok(lock)
    }

    /// The right to wait for the commit lock: one at a time, so that those who share it do not
    /// pass by one who wants it alone for ever.
    fn turn(&self) -> Result<FileLock, StoreError> {
        let path = self.area.join("turn.lock");
        FileLock::wait(&path).map_err(|error| refused(&path, error))
    }

    fn bare_lock(&self) -> Result<FileLock, StoreError> {
        self.ensure(&self.area)?;
        let path = self.area.join("lock");
        let _turn = self.turn()?;
        let lock = FileLock::wait(&path).map_err(|error| refused(&path, error))?;
        self.ensure(&self.staging())?;
        Ok(lock)
    }

    fn staging(&self) -> PathBuf {
        self.area.join("staging")
    }

    /// Creates this process's folder and its lock.
    fn claim(&self) -> Result<Own, StoreError> {
        // Under the commit lock, so that no sweep sees the folder before its lock is held.
        let _lock = self.bare_lock()?;
        let folder = self.scratch_path();
        let lock_file = folder.with_extension(LOCK_ENDING);
        let lock = FileLock::attempt(&lock_file).map_err(|error| refused(&lock_file, error))?;
        let Some(lock) = lock else {
            return Err(StoreError::Internal {
                reason: format!("{} is locked by another process", lock_file.display()),
            });
        };
        self.disk.make_folder(&folder).map_err(|error| refused(&folder, error))?;
        Ok(Own { folder, lock_file, _lock: lock })
    }

    fn ensure(&self, folder: &Path) -> Result<(), StoreError> {
        match self.disk.make_folder(folder) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match fs::symlink_metadata(folder) {
                    Ok(metadata) if metadata.is_dir() => Ok(()),
                    _ => Err(StoreError::Io { path: folder.to_owned(), source: error }),
                }
            }
            Err(error) => Err(refused(folder, error)),
        }
    }

    /// Removes what dead processes left, and completes what they began. To be called when a store
    /// is opened; a folder that takes no writes is fine, there is nothing to sweep then.
    pub(crate) fn sweep(&self) {
        if !self.area.is_dir() {
            return;
        }
        if let Err(error) = self.try_sweep() {
            tracing::warn!(%error, folder = %self.area.display(), "staged uploads are not swept");
        }
    }

    fn try_sweep(&self) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let staging = self.staging();
        let entries = fs::read_dir(&staging).map_err(|error| refused(&staging, error))?;
        for entry in entries {
            let path = entry.map_err(|error| refused(&staging, error))?.path();
            if path.extension() == Some(OsStr::new(LOCK_ENDING)) {
                self.sweep_process(&path)?;
            } else if !path.with_extension(LOCK_ENDING).exists() {
                self.sweep_entry(&path)?;
            }
        }
        Ok(())
    }

    fn sweep_process(&self, lock_file: &Path) -> Result<(), StoreError> {
        let lock = FileLock::attempt(lock_file).map_err(|error| refused(lock_file, error))?;
        if lock.is_none() {
            return Ok(());
        }
        self.sweep_entry(&lock_file.with_extension(""))?;
        self.sweep_entry(lock_file)
    }

    fn sweep_entry(&self, path: &Path) -> Result<(), StoreError> {
        tracing::info!(path = %path.display(), "sweeping what a stopped process had staged");
        self.disk.remove(path).map_err(|error| refused(path, error))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Only an empty folder goes: uploads that outlive the store remove their own files, and
        // the next start sweeps what they leave.
        if fs::remove_dir(&self.folder).is_ok() {
            let _ = fs::remove_file(&self.lock_file);
        }
    }
}

/// An error of the operating system on the way of a write: a missing permission means, to the
/// writer, that the store is read-only.
pub(super) fn refused(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            StoreError::ReadOnly { reason: format!("{}: {error}", path.display()) }
        }
        _ => StoreError::io(path, error),
    }
}
