//! The commit of any number of uploads as one version of a table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::area::{Writing, refused};
use super::intent::sync_parent;
use super::occupant::Occupant;
use super::outcome::Commit;
use super::publish::{
    ambiguous, check_version, elsewhere, free, make_folders, over_folder, recorded,
};
use super::stage::{self, Order, WriteMode};
use super::table::{check_mode, check_place, open, repeated};
use super::target::Target;
use crate::delta::{Change, FinishedTable, Landed, Layout, NewFile, Table};
use crate::{Store, StoreError};

/// How often a commit is tried while others come first.
const ATTEMPTS: usize = 100;

/// Uploads that become one version of a table.
pub(super) struct Uploads {
    order: Order,
    files: Vec<NewFile>,
    layout: Layout,
    commit: Commit,
}

impl Uploads {
    /// Puts uploads together.
    ///
    /// # Errors
    /// [`StoreError::InvalidRequest`] where they are not of one table and one kind.
    pub(super) fn new(
        uploads: Vec<(Order, FinishedTable, Commit)>,
    ) -> Result<Option<Self>, StoreError> {
        let mut uploads = uploads.into_iter();
        let Some((order, FinishedTable { mut files, layout }, mut commit)) = uploads.next() else {
            return Ok(None);
        };
        for (other, finished, part) in uploads {
            let same = other.target.name == order.target.name
                && other.mode == order.mode
                && other.explicit == order.explicit
                && other.upload_id == order.upload_id
                && finished.layout.is_like(&layout);
            if !same {
                return Err(StoreError::request(format!(
                    "what is committed together has one name, one mode, one upload id and the \
                     same columns; found {:?} and {:?}",
                    order.target.name, other.target.name
                )));
            }
            commit.rows += part.rows;
            commit.bytes += part.bytes;
            files.extend(finished.files);
        }
        Ok(Some(Self { order, files, layout, commit }))
    }

    /// Commits them.
    pub(super) fn commit(
        mut self,
        store: &Store,
        expected: Option<&str>,
    ) -> Result<Commit, StoreError> {
        let writing = store.writing().clone();
        let parent = self.order.target.parent(writing.root())?;
        let names: Vec<String> =
            self.files.iter().enumerate().map(|(nth, file)| file.new_name(nth)).collect();
        let mut published = false;
        let mut share = self.order.mode == WriteMode::Append;
        for _ in 0..ATTEMPTS {
            let lock = if share { writing.lock_shared()? } else { writing.lock()? };
            let mut occupants = stage::occupants(store, &self.order)?;
            if occupants.len() > 1 {
                return Err(ambiguous(&self.order.target.name, &occupants));
            }
            let occupant = occupants.pop();
            let Some(over) = occupant.as_ref().filter(|occupant| occupant.is_table()) else {
                if share && self.order.mode != WriteMode::Append {
                    // It was dropped meanwhile; to make it takes the lock alone.
                    share = false;
                    continue;
                }
                let made = self.make(store, &parent, &names, occupant.as_ref(), expected);
                drop(lock);
                return made;
            };
            let table = open(store, &over.path)?;
            if let Some(commit) = repeated(store, &table, self.order.upload_id.as_deref())? {
                return Ok(commit);
            }
            check_mode(&self.order.target, self.order.mode, self.order.explicit)?;
            check_version(store, &self.order.target.name, Some(over), expected)?;
            let change = self.change(&table, &names)?;
            store.tables().check(&table, &change)?;
            if !published {
                publish(&writing, &over.path, &names, &mut self.files)?;
                published = true;
            }
            match store.tables().commit(&table, &change)? {
                Landed::As(version) => return Ok(Commit { version, ..self.commit }),
                Landed::Beaten => share |= self.order.mode == WriteMode::CreateAppend,
            }
        }
        Err(StoreError::Changed {
            name: self.order.target.name,
            reason: format!("others were first {ATTEMPTS} times"),
        })
    }

    /// What the uploads change about a table.
    fn change(&self, table: &Table, names: &[String]) -> Result<Change, StoreError> {
        let overwrite = self.order.mode == WriteMode::Replace;
        let layout = match self.order.mode {
            WriteMode::Append | WriteMode::CreateAppend => self.layout.to_append(table)?,
            _ => self.layout.clone(),
        };
        let files: Vec<(String, &NewFile)> = names.iter().cloned().zip(&self.files).collect();
        Ok(Change::new(layout, &files, overwrite, self.order.upload_id.clone()))
    }

    /// Makes the table, with the commit lock held alone.
    fn make(
        &mut self,
        store: &Store,
        parent: &Path,
        names: &[String],
        occupant: Option<&Occupant>,
        expected: Option<&str>,
    ) -> Result<Commit, StoreError> {
        let writing = store.writing();
        let target = &self.order.target;
        if let (Some(upload_id), Some(occupant)) = (&self.order.upload_id, occupant)
            && let Some(commit) = recorded(occupant, upload_id)
        {
            return Ok(commit);
        }
        check_place(target, self.order.mode, self.order.explicit, occupant)?;
        check_version(store, &target.name, occupant, expected)?;
        let whole = Whole::create(writing)?;
        let files: Vec<(String, &NewFile)> = names.iter().cloned().zip(&self.files).collect();
        let layout = self.layout.to_make()?;
        let change = Change::new(layout, &files, false, self.order.upload_id.clone());
        publish(writing, &whole.path, names, &mut self.files)?;
        let version = store.tables().begin(&whole.path, &change)?;
        whole.sync()?;
        make_folders(writing, parent)?;
        let to = parent.join(&target.stem);
        // An empty folder, as an interrupted program may have left it, is nobody's dataset.
        let _ = std::fs::remove_dir(&to);
        match occupant {
            None => free(writing, &whole.path, &to).map_err(|error| match error {
                StoreError::AlreadyExists { .. } => in_the_way(target),
                other => other,
            })?,
            Some(over) if over.path == to => over_folder(writing, &whole.path, &to)?,
            Some(over) => elsewhere(writing, &whole.path, &to, &whole.version()?, over)?,
        }
        sync_parent(writing, &to)?;
        whole.leave();
        Ok(Commit { version, ..self.commit.clone() })
    }
}

fn in_the_way(target: &Target) -> StoreError {
    StoreError::Protected {
        name: target.name.clone(),
        found: "a folder of other datasets",
        action: "replaced",
    }
}

/// Gives files their names in the folder of a table, durably.
fn publish(
    writing: &Writing,
    folder: &Path,
    names: &[String],
    files: &mut [NewFile],
) -> Result<(), StoreError> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for (name, file) in names.iter().zip(files) {
        let to = folder.join(name);
        let parent = to.parent().unwrap_or(folder);
        if !folders.iter().any(|known| known == parent) {
            make_folders(writing, parent)?;
            folders.push(parent.to_owned());
        }
        file.draft.publish(&to).map_err(|error| refused(&to, error))?;
    }
    for folder in folders {
        writing.sync_folder(&folder)?;
    }
    Ok(())
}

/// A whole table in the staging area, before it has its place.
struct Whole {
    writing: Arc<Writing>,
    path: PathBuf,
}

impl Whole {
    fn create(writing: &Arc<Writing>) -> Result<Self, StoreError> {
        let path = writing.scratch_path();
        let whole = Self { writing: writing.clone(), path };
        whole.writing.make_folder(&whole.path)?;
        whole.writing.make_folder(&whole.path.join("_delta_log"))?;
        Ok(whole)
    }

    /// Waits until the folder's own entries are on the disk.
    fn sync(&self) -> Result<(), StoreError> {
        self.writing.sync_folder(&self.path)
    }

    /// What tells the folder from others.
    fn version(&self) -> Result<String, StoreError> {
        let metadata = std::fs::symlink_metadata(&self.path);
        let metadata = metadata.map_err(|error| refused(&self.path, error))?;
        Ok(crate::version::file_version(&metadata))
    }

    /// It has its place; what lies at its path now is what it took the place of, and goes.
    fn leave(self) {}
}

impl Drop for Whole {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_err() {
            return;
        }
        if let Err(error) = self.writing.remove(&self.path) {
            let path = self.path.display();
            tracing::warn!(%error, %path, "a staged table is swept later");
        }
    }
}
