//! Commits of two steps: written down before the first, so that the second always follows.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::area::{Writing, refused};
use crate::StoreError;
use crate::version::file_version;

/// A new file takes the place of a dataset that lies elsewhere. All paths are relative to the
/// store's folder.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Intent {
    /// The staged file.
    pub(super) from: PathBuf,
    /// Its place.
    pub(super) to: PathBuf,
    /// Its version, so that nothing goes unless the new file stands.
    pub(super) version: String,
    /// What goes.
    pub(super) old: PathBuf,
    /// The version of what goes: something else that has taken its place since stays.
    pub(super) old_version: String,
}

/// Writes an intent down and carries it out. To be called with the commit lock held.
///
/// # Errors
/// Where the intent is on the disk already, the commit may still happen: the next holder of the
/// lock completes it. Where the first step fails, the intent is taken back.
pub(super) fn run(writing: &Writing, intent: &Intent) -> Result<(), StoreError> {
    record(writing, intent)?;
    if let Err(error) = publish(writing, intent) {
        if matches(writing, &intent.from, &intent.version) {
            clear(writing)?;
        }
        return Err(error);
    }
    retire(writing, intent)?;
    clear(writing)
}

/// Carries out an intent that a process left behind. To be called with the commit lock held.
pub(super) fn complete(writing: &Writing) -> Result<(), StoreError> {
    let path = writing.intent_path();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(&path, error)),
    };
    let intent: Intent =
        serde_json::from_slice(&text).map_err(|error| StoreError::corrupt(&path, error))?;
    tracing::info!(to = %intent.to.display(), "completing a commit that was interrupted");
    if matches(writing, &intent.from, &intent.version) {
        publish(writing, &intent)?;
    }
    if matches(writing, &intent.to, &intent.version) {
        retire(writing, &intent)?;
    }
    clear(writing)
}

/// Whether a path leads to what it led to when the intent was written.
fn matches(writing: &Writing, path: &Path, version: &str) -> bool {
    fs::symlink_metadata(writing.root().join(path))
        .is_ok_and(|metadata| file_version(&metadata) == version)
}

fn record(writing: &Writing, intent: &Intent) -> Result<(), StoreError> {
    let disk = &writing.disk;
    let text = serde_json::to_vec(intent)
        .map_err(|error| StoreError::Internal { reason: format!("intent: {error}") })?;
    let draft = writing.scratch_path();
    let path = writing.intent_path();
    let written = || -> io::Result<()> {
        let file = Arc::new(disk.create(&draft)?);
        disk.target(file.clone(), &draft).write_all(&text)?;
        disk.sync_file(&file, &draft)?;
        disk.replace(&draft, &path)
    };
    if let Err(error) = written() {
        let _ = fs::remove_file(&draft);
        return Err(refused(&path, error));
    }
    disk.sync_folder(writing.area()).map_err(|error| refused(writing.area(), error))
}

fn publish(writing: &Writing, intent: &Intent) -> Result<(), StoreError> {
    let to = writing.root().join(&intent.to);
    let from = writing.root().join(&intent.from);
    writing.disk.replace(&from, &to).map_err(|error| refused(&to, error))?;
    sync_parent(writing, &to)
}

fn retire(writing: &Writing, intent: &Intent) -> Result<(), StoreError> {
    if !matches(writing, &intent.old, &intent.old_version) {
        return Ok(());
    }
    discard(writing, &writing.root().join(&intent.old))
}

fn clear(writing: &Writing) -> Result<(), StoreError> {
    let path = writing.intent_path();
    writing.disk.remove(&path).map_err(|error| refused(&path, error))?;
    writing.disk.sync_folder(writing.area()).map_err(|error| refused(writing.area(), error))
}

/// Removes a file or a folder durably. A folder leaves in one step, by a rename, and is emptied
/// where nobody looks.
pub(super) fn discard(writing: &Writing, path: &Path) -> Result<(), StoreError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| refused(path, error))?;
    if !metadata.is_dir() {
        writing.disk.remove(path).map_err(|error| refused(path, error))?;
        return sync_parent(writing, path);
    }
    let trash = writing.scratch_path();
    writing.disk.replace(path, &trash).map_err(|error| refused(path, error))?;
    sync_parent(writing, path)?;
    if let Err(error) = writing.disk.remove(&trash) {
        tracing::warn!(%error, path = %trash.display(), "what was dropped is swept later");
    }
    Ok(())
}

pub(super) fn sync_parent(writing: &Writing, path: &Path) -> Result<(), StoreError> {
    let parent = path.parent().unwrap_or_else(|| writing.root());
    writing.disk.sync_folder(parent).map_err(|error| refused(parent, error))
}
