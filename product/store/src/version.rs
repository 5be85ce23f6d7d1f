//! The version of a file: a text that changes whenever its content may have changed.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

/// The version of a file by its metadata: which file it is, when it was written, how long it is.
///
/// A rename changes none of these, so that a staged file has its version before it is published.
/// The time of the last status change is left out for the same reason.
pub(crate) fn file_version(metadata: &Metadata) -> String {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos());
    format!("{:x}-{modified:x}-{:x}", inode(metadata), metadata.len())
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.ino()
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_keeps_the_version_and_a_rewrite_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&old, "x").unwrap();
        let before = file_version(&old.metadata().unwrap());
        std::fs::rename(&old, &new).unwrap();
        assert_eq!(file_version(&new.metadata().unwrap()), before);
        std::fs::write(&new, "xy").unwrap();
        assert_ne!(file_version(&new.metadata().unwrap()), before);
    }
}
