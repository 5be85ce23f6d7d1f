//! Dropping a dataset.

use std::path::Path;

use super::intent;
use super::object;
use super::occupant::{self, Occupant, OccupantKind};
use super::outcome::Dropped;
use super::publish::{ambiguous, check_version};
use super::stage::{off_thread, read_only};
use super::target::Target;
use crate::{Store, StoreError};

/// How a dataset is dropped.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DropOptions {
    /// Whether a folder, or a file that the store did not write, may go.
    pub explicit: bool,
    /// The version that the dataset must still have.
    pub version: Option<String>,
}

impl DropOptions {
    /// Lets a folder go, or a file that the store did not write.
    #[must_use]
    pub fn with_explicit(mut self, explicit: bool) -> Self {
        self.explicit = explicit;
        self
    }

    /// Sets the version that the dataset must still have.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

impl Store {
    /// Removes a dataset, durably. Readers that are under way keep what they opened.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Ambiguous`], [`StoreError::Changed`];
    /// [`StoreError::Protected`] for a folder, or a file that the store did not write, unless the
    /// options are explicit, and for a folder that holds anything but the dataset.
    pub async fn drop(&self, name: &str, options: DropOptions) -> Result<Dropped, StoreError> {
        if self.options().read_only {
            return Err(read_only());
        }
        let store = self.clone();
        let name = name.to_owned();
        off_thread(move || {
            let dropped = remove(&store, &name, &options)?;
            store.changed();
            Ok(dropped)
        })
        .await
    }
}

fn remove(store: &Store, name: &str, options: &DropOptions) -> Result<Dropped, StoreError> {
    let target = Target::parse(name)?;
    if let Some(bucket) = store.bucket() {
        return object::remove(store, bucket, &target, options);
    }
    let writing = store.writing();
    let parent = target.parent(writing.root())?;
    let not_found = || StoreError::NotFound { name: name.to_owned(), hint: None };
    if occupant::find(store, &parent, &target)?.is_empty() {
        // Looked at first without the lock: a name that is not there creates no staging area.
        return Err(not_found());
    }
    let _lock = writing.lock()?;
    let mut occupants = occupant::find(store, &parent, &target)?;
    if occupants.len() > 1 {
        return Err(ambiguous(name, &occupants));
    }
    let occupant = occupants.pop().ok_or_else(not_found)?;
    if let Some(found) = occupant.protected()
        && !options.explicit
    {
        return Err(StoreError::Protected { name: name.to_owned(), found, action: "dropped" });
    }
    check_whole(&occupant)?;
    check_version(store, name, Some(&occupant), options.version.as_deref())?;
    intent::discard(writing, &occupant.path)?;
    let path: &Path = occupant.path.strip_prefix(writing.root()).unwrap_or(&occupant.path);
    Ok(Dropped { path: path.display().to_string() })
}

/// Refuses to take a folder away that holds more than its dataset.
pub(super) fn check_whole(occupant: &Occupant) -> Result<(), StoreError> {
    let format = match occupant.kind {
        OccupantKind::Folder(format) => format,
        OccupantKind::Objects => {
            return Err(StoreError::Unsupported {
                reason: format!(
                    "{} is several objects of a bucket, which are neither replaced nor dropped in \
                     one step",
                    occupant.path.display()
                ),
            });
        }
        _ => return Ok(()),
    };
    if occupant.path.is_symlink() {
        return Ok(());
    }
    match occupant::stranger(&occupant.path, format)? {
        None => Ok(()),
        Some(stranger) => Err(StoreError::Unsupported {
            reason: format!(
                "folder {} holds {}, which is no part of the dataset; it is neither replaced nor \
                 dropped as a whole",
                occupant.file_name,
                stranger.strip_prefix(&occupant.path).unwrap_or(&stranger).display()
            ),
        }),
    }
}
