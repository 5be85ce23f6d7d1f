//! Where an upload goes: a dataset's name turned into a place below the store's folder.

use std::io;
use std::path::{Path, PathBuf};

use super::area::refused;
use crate::delta::is_table;
use crate::{DatasetName, Format, StoreError};

/// The longest file name that file systems take, in bytes.
const FILE_NAME_BYTES_MAX: usize = 255;

/// The place of one dataset.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The name as it was given.
    pub(super) name: String,
    /// The folders between the store's folder and the dataset.
    pub(super) parents: Vec<String>,
    /// The name of its file, without an ending.
    pub(super) stem: String,
    /// The ending and what it means, if the name had one.
    pub(super) ending: Option<(String, Format)>,
    /// Whether a trailing slash says that a folder is meant.
    pub(super) folder: bool,
}

impl Target {
    /// Reads a name.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`] where it climbs out, fits on no file system, or would name
    /// something that the index passes over.
    pub(super) fn parse(name: &str) -> Result<Self, StoreError> {
        let parsed = DatasetName::parse(name)?;
        let invalid = |reason: String| StoreError::InvalidName { name: name.to_owned(), reason };
        let (bare, folder) = parsed.without_slash();
        let mut parents: Vec<String> = bare.split('/').map(str::to_owned).collect();
        if let Some(hidden) = parents.iter().find(|part| part.starts_with(['.', '_'])) {
            return Err(invalid(format!("{hidden:?} begins with a dot or an underscore")));
        }
        let last = parents.pop().unwrap_or_default();
        if let Some(pair) = parents.iter().find(|part| part.contains('=')) {
            return Err(invalid(format!("folder {pair:?} would be a partition of a dataset")));
        }
        let (stem, ending) = match Format::split_name(&last) {
            Some((stem, ending, format)) if !folder => {
                (stem.to_owned(), Some((ending.to_owned(), format)))
            }
            _ => (last, None),
        };
        Ok(Self { name: name.to_owned(), parents, stem, ending, folder })
    }

    /// The name of the file that an upload in `format` becomes.
    pub(super) fn file_name(&self, format: Format) -> Result<String, StoreError> {
        let name = match &self.ending {
            Some((ending, _)) => format!("{}{ending}", self.stem),
            None => format!("{}.{}", self.stem, format.extension()),
        };
        if name.len() > FILE_NAME_BYTES_MAX {
            return Err(StoreError::InvalidName {
                name: self.name.clone(),
                reason: format!(
                    "its file would have a name of {} bytes, at most {FILE_NAME_BYTES_MAX} are \
                     possible",
                    name.len()
                ),
            });
        }
        Ok(name)
    }

    /// The folder of the dataset, whether or not it is there yet.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`] where a symbolic link on the way leads out of `root`, or where
    /// something on the way is no folder.
    pub(super) fn parent(&self, root: &Path) -> Result<PathBuf, StoreError> {
        let mut folder = root.to_owned();
        for (depth, part) in self.parents.iter().enumerate() {
            let next = folder.join(part);
            match next.canonicalize() {
                Ok(real) if !real.starts_with(root) => {
                    return Err(self.invalid(format!("{part:?} leads out of the store's folder")));
                }
                Ok(real) if !real.is_dir() => {
                    return Err(self.invalid(format!("{part:?} is a file and holds nothing")));
                }
                Ok(real) if is_table(&real) => {
                    let reason = format!("{part:?} is a Delta table and holds nothing else");
                    return Err(self.invalid(reason));
                }
                Ok(real) => folder = real,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if next.is_symlink() {
                        return Err(self.invalid(format!("{part:?} is a dangling link")));
                    }
                    folder.extend(&self.parents[depth..]);
                    return Ok(folder);
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                    return Err(self.invalid(error.to_string()));
                }
                Err(error) => return Err(refused(&next, error)),
            }
        }
        Ok(folder)
    }

    fn invalid(&self, reason: String) -> StoreError {
        StoreError::InvalidName { name: self.name.clone(), reason }
    }
}
