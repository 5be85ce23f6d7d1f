//! The commit: a finished file takes its place.

use std::io;
use std::path::{Path, PathBuf};

use super::area::{Writing, refused};
use super::intent::{self, Intent};
use super::object;
use super::occupant::{Occupant, OccupantKind};
use super::outcome::Commit;
use super::stage::{self, Order, WriteMode, off_thread};
use super::staged::{StagedObject, StagedState};
use super::staged_file::Finished;
use super::table_commit::Uploads;
use crate::{Store, StoreError};

/// How often a commit looks again when somebody else puts a file in its place meanwhile.
pub(super) const ATTEMPTS: usize = 16;

/// What an upload is to do, given what stands at its place.
pub(super) enum Place {
    /// Nothing: the same upload was committed before.
    Done(Commit),
    /// Take a free place.
    Free,
    /// Take the place of this.
    Over(Occupant),
}

/// Decides what an upload may do.
pub(super) fn place(order: &Order, mut occupants: Vec<Occupant>) -> Result<Place, StoreError> {
    if let Some(upload_id) = &order.upload_id
        && let Some(commit) = occupants.iter().find_map(|found| recorded(found, upload_id))
    {
        return Ok(Place::Done(commit));
    }
    let name = &order.target.name;
    if order.mode == WriteMode::Create && !occupants.is_empty() {
        return Err(StoreError::AlreadyExists { name: name.clone() });
    }
    if occupants.len() > 1 {
        return Err(ambiguous(name, &occupants));
    }
    let Some(occupant) = occupants.pop() else { return Ok(Place::Free) };
    match occupant.protected() {
        Some(_) if occupant.is_table() && order.explicit => Err(StoreError::Changed {
            name: name.clone(),
            reason: "a Delta table has been made there during the upload".to_owned(),
        }),
        Some(found) if !order.explicit => {
            Err(StoreError::Protected { name: name.clone(), found, action: "replaced" })
        }
        _ => {
            super::remove::check_whole(&occupant)?;
            Ok(Place::Over(occupant))
        }
    }
}

pub(super) fn ambiguous(name: &str, occupants: &[Occupant]) -> StoreError {
    let candidates = occupants.iter().map(|found| found.file_name.clone()).collect();
    StoreError::Ambiguous { name: name.to_owned(), candidates }
}

/// The commit of an upload id, if the file at its place remembers it.
pub(super) fn recorded(occupant: &Occupant, upload_id: &str) -> Option<Commit> {
    let OccupantKind::Own(mark, format) = &occupant.kind else { return None };
    if mark.upload_id.as_deref() == Some(upload_id) {
        return Some(Commit {
            rows: mark.rows,
            bytes: occupant.bytes,
            version: occupant.version.clone(),
            format: *format,
            upload_id: Some(upload_id.to_owned()),
        });
    }
    let earlier = mark.earlier.iter().find(|earlier| earlier.upload_id == upload_id)?;
    Some(Commit::of_earlier(earlier))
}

impl Store {
    /// Publishes what was staged, durably: when this returns, the dataset is on the disk.
    ///
    /// Several objects become one version of a table, all of them or none: they were staged for
    /// the same name, mode and upload id, [as parts of a table](super::StageOptions::as_table) or
    /// in a mode that appends. The reply counts their rows together.
    ///
    /// `expected` is the version that the dataset must still have. Once begun, a commit is
    /// carried out even if the returned future is dropped.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where the dataset has another version;
    /// [`StoreError::AlreadyExists`] where another writer was first in the mode create; as for
    /// [`Store::stage`] where something else has taken the place meanwhile;
    /// [`StoreError::InvalidRequest`] for objects that do not belong together.
    pub async fn commit(
        &self,
        objects: Vec<StagedObject>,
        expected: Option<&str>,
    ) -> Result<Commit, StoreError> {
        let store = self.clone();
        let expected = expected.map(str::to_owned);
        off_thread(move || {
            let commit = commit(&store, objects, expected.as_deref())?;
            store.changed();
            Ok(commit)
        })
        .await
    }
}

fn commit(
    store: &Store,
    objects: Vec<StagedObject>,
    expected: Option<&str>,
) -> Result<Commit, StoreError> {
    let mut single = Vec::new();
    let mut uploads = Vec::new();
    for object in objects {
        match object.state {
            StagedState::Already(commit) => return Ok(commit),
            StagedState::Finished { order, finished } => single.push((order, finished)),
            StagedState::Table { order, files, commit } => uploads.push((order, files, commit)),
        }
    }
    if let Some(uploads) = Uploads::new(uploads)? {
        if single.is_empty() {
            return uploads.commit(store, expected);
        }
        return Err(StoreError::request("a commit is of files of one table, or of one file"));
    }
    let Ok([(order, finished)]) = <[(Order, Finished); 1]>::try_from(single) else {
        return Err(StoreError::request(
            "a commit of several uploads needs them to be staged as parts of a table",
        ));
    };
    commit_file(store, &order, finished, expected)
}

/// Gives one file its place.
fn commit_file(
    store: &Store,
    order: &Order,
    finished: Finished,
    expected: Option<&str>,
) -> Result<Commit, StoreError> {
    if let Some(bucket) = store.bucket() {
        return object::put(store, bucket, order, finished, expected);
    }
    let writing = store.writing();
    let parent = order.target.parent(writing.root())?;
    let to = parent.join(order.target.file_name(order.format)?);
    let lock = writing.lock()?;
    for _ in 0..ATTEMPTS {
        let over = match place(order, stage::occupants(store, order)?)? {
            Place::Done(commit) => return Ok(commit),
            Place::Free => None,
            Place::Over(occupant) => Some(occupant),
        };
        check_version(store, &order.target.name, over.as_ref(), expected)?;
        make_folders(writing, &parent)?;
        let step = match over {
            None => free(writing, finished.path(), &to),
            Some(over) if over.path != to => {
                elsewhere(writing, finished.path(), &to, &finished.commit.version, &over)
            }
            Some(over) if matches!(over.kind, OccupantKind::Folder(_)) => {
                over_folder(writing, finished.path(), &to)
            }
            Some(_) => replace(writing, finished.path(), &to),
        };
        match step {
            Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error),
            Ok(()) => {
                // The name stands; only its way to the disk is left, and nobody need wait for it.
                drop(lock);
                intent::sync_parent(writing, &to)?;
                return Ok(finished.publish());
            }
        }
    }
    Err(StoreError::AlreadyExists { name: order.target.name.clone() })
}

pub(super) fn check_version(
    store: &Store,
    name: &str,
    over: Option<&Occupant>,
    expected: Option<&str>,
) -> Result<(), StoreError> {
    let Some(expected) = expected else { return Ok(()) };
    let found = match over {
        None => None,
        Some(over) if matches!(over.kind, OccupantKind::Folder(_) | OccupantKind::Table) => {
            store.refresh()?;
            Some(store.find(name)?.version().to_owned())
        }
        Some(over) => Some(over.version.clone()),
    };
    if found.as_deref() == Some(expected) {
        return Ok(());
    }
    let reason = match found {
        Some(found) => format!("expected version {expected}, found {found}"),
        None => format!("expected version {expected}, but it is gone"),
    };
    Err(StoreError::Changed { name: name.to_owned(), reason })
}

/// Creates the folders down to `folder`, each one durable before the next.
pub(super) fn make_folders(writing: &Writing, folder: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.is_dir()).collect();
    for path in missing.into_iter().rev() {
        match writing.disk.make_folder(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(refused(path, error)),
        }
        intent::sync_parent(writing, path)?;
    }
    Ok(())
}

/// Takes a place where nothing stands.
pub(super) fn free(writing: &Writing, from: &Path, to: &Path) -> Result<(), StoreError> {
    writing.disk.publish(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            StoreError::AlreadyExists { name: to.display().to_string() }
        }
        _ => refused(to, error),
    })
}

/// Takes the place of the file of the same name.
fn replace(writing: &Writing, from: &Path, to: &Path) -> Result<(), StoreError> {
    writing.disk.replace(from, to).map_err(|error| refused(to, error))
}

/// Takes the place of a folder whose name is that of the new file.
pub(super) fn over_folder(writing: &Writing, from: &Path, to: &Path) -> Result<(), StoreError> {
    match writing.disk.exchange(from, to) {
        // The old folder now lies in the staging area, and goes with its guard.
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Err(StoreError::Unsupported {
            reason: format!(
                "the file system cannot exchange folder {} for a file; drop the dataset first",
                relative(writing, to).display()
            ),
        }),
        Err(error) => Err(refused(to, error)),
    }
}

/// Takes the place of a dataset that lies elsewhere.
pub(super) fn elsewhere(
    writing: &Writing,
    from: &Path,
    to: &Path,
    version: &str,
    over: &Occupant,
) -> Result<(), StoreError> {
    if to.symlink_metadata().is_ok() {
        // Something that is no dataset, such as a folder of other datasets, bears the file's name.
        return Err(StoreError::Protected {
            name: relative(writing, to).display().to_string(),
            found: "in the way and no dataset",
            action: "replaced",
        });
    }
    intent::run(
        writing,
        &Intent {
            from: relative(writing, from),
            to: relative(writing, to),
            version: version.to_owned(),
            old: relative(writing, &over.path),
            old_version: over.version.clone(),
        },
    )
}

/// A path as it may be told: below the store's folder.
fn relative(writing: &Writing, path: &Path) -> PathBuf {
    path.strip_prefix(writing.root()).unwrap_or(path).to_owned()
}
