//! Where uploads to a bucket wait until they are whole: a folder of this machine and this user.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::PathBuf;

use crate::StoreError;

/// The folder, below the one for temporary files; nobody else may look into it.
///
/// # Errors
///
/// [`StoreError::Io`] where it cannot be made, or somebody else made it.
pub(crate) fn spool() -> Result<PathBuf, StoreError> {
    let user = rustix::process::getuid().as_raw();
    let path = std::env::temp_dir().join(format!("wingbeat-spool-{user}"));
    let failed = |error| StoreError::io(&path, error);
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    // Whoever else made it could read uploads, or change them.
    let metadata = fs::symlink_metadata(&path).map_err(failed)?;
    if metadata.is_dir() && metadata.uid() == user && metadata.mode() & 0o077 == 0 {
        return Ok(path);
    }
    let reason = "it is not a folder that this user alone may enter";
    Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, reason)))
}
