//! Dropping a dataset of a bucket.

use super::find::find;
use crate::commit::outcome::Dropped;
use crate::commit::publish::{ambiguous, check_version};
use crate::commit::remove::{DropOptions, check_whole};
use crate::commit::target::Target;
use crate::storage::Bucket;
use crate::{Store, StoreError};

/// Removes the object of a dataset.
pub(in crate::commit) fn remove(
    store: &Store,
    bucket: &Bucket,
    target: &Target,
    options: &DropOptions,
) -> Result<Dropped, StoreError> {
    let name = &target.name;
    let mut found = find(store, bucket, target)?;
    if found.len() > 1 {
        return Err(ambiguous(name, &found));
    }
    let Some(occupant) = found.pop() else {
        return Err(StoreError::NotFound { name: name.clone(), hint: None });
    };
    if let Some(found) = occupant.protected()
        && !options.explicit
    {
        return Err(StoreError::Protected { name: name.clone(), found, action: "dropped" });
    }
    if occupant.is_table() {
        return Err(StoreError::Unsupported {
            reason: format!("{name:?} is a Delta table in a bucket, which is read alone"),
        });
    }
    check_whole(&occupant)?;
    check_version(store, name, Some(&occupant), options.version.as_deref())?;
    bucket.remove(&occupant.path)?;
    Ok(Dropped { path: occupant.path.display().to_string() })
}
