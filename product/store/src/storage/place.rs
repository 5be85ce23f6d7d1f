//! The place of a store's files.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::bucket::Bucket;
use super::root::Root;
use super::stamp::Stamp;
use crate::StoreError;
use crate::format::Source;

/// How many objects are looked into at once: each look waits for the network.
const LOOKS_AT_ONCE: usize = 16;

/// A folder, or a prefix of a bucket.
#[derive(Debug)]
pub(crate) enum Place {
    /// Of this machine.
    Folder(Root),
    /// Of an object store.
    Bucket(Bucket),
}

/// What stands where a file was seen.
#[derive(Debug)]
pub(crate) enum Found {
    /// It, in the state that it was in.
    Same(Source),
    /// Nothing.
    Gone,
    /// Something else, or it in another state.
    Other,
}

impl Place {
    /// The folder of one that is on this machine; `s3://…` for others.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::Folder(root) => root.path().to_owned(),
            Self::Bucket(bucket) => bucket.name().into(),
        }
    }

    /// How many files are looked into at once when many are new.
    pub(crate) fn looks_at_once(&self) -> usize {
        match self {
            Self::Folder(_) => 1,
            Self::Bucket(_) => LOOKS_AT_ONCE,
        }
    }

    /// Opens a file in the state that a stamp names. A file is looked at now; an object when it is
    /// read, which fails with [`StoreError::Changed`] where it is another one then.
    pub(crate) fn open(&self, path: &Path, stamp: &Stamp) -> Result<Found, StoreError> {
        let root = match self {
            Self::Folder(root) => root,
            Self::Bucket(bucket) => {
                return Ok(Found::Same(Source::of_object(bucket.object(path, stamp)?, path)));
            }
        };
        let file = match root.open_file(path) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(Found::Gone);
            }
            file => file?,
        };
        let metadata = file.metadata().map_err(|error| StoreError::io(path, error))?;
        if !stamp.is_of(&metadata) {
            return Ok(Found::Other);
        }
        Source::new(file, path).map(Found::Same)
    }

    /// Whether a file is in the state that a stamp names.
    pub(crate) fn is_same(&self, path: &Path, stamp: &Stamp) -> bool {
        match self {
            Self::Folder(root) => {
                let now = std::fs::metadata(root.path().join(path));
                now.is_ok_and(|now| stamp.is_of(&now))
            }
            // A store that does not answer has not told of a change.
            Self::Bucket(bucket) => bucket
                .head(path)
                .map_or(true, |meta| meta.is_some_and(|meta| stamp.is_of_object(&meta))),
        }
    }

    /// The first bytes of a file, at most so many.
    pub(crate) fn read(
        &self,
        path: &Path,
        stamp: &Stamp,
        bytes_max: u64,
    ) -> Result<Vec<u8>, StoreError> {
        let failed = |error| StoreError::io(path, error);
        match self {
            Self::Folder(root) => {
                let mut bytes = Vec::new();
                root.open_file(path)?.take(bytes_max).read_to_end(&mut bytes).map_err(failed)?;
                Ok(bytes)
            }
            Self::Bucket(bucket) => {
                let object = bucket.object(path, stamp)?;
                let read = object.read(0..object.len().min(bytes_max));
                read.map(Vec::from)
                    .map_err(|error| object.trouble().unwrap_or_else(|| failed(error)))
            }
        }
    }
}
