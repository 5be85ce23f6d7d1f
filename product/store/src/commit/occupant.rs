//! What stands at a dataset's place already.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::area::refused;
use super::mark::Mark;
use super::target::Target;
use crate::delta::is_table;
use crate::version::file_version;
use crate::{Format, Store, StoreError};

/// What the name of a schema file ends in, which stands beside a text file.
const SCHEMA_ENDING: &str = ".schema.json";

/// A file or folder that has the name of a dataset.
#[derive(Debug)]
pub(super) struct Occupant {
    pub(super) path: PathBuf,
    pub(super) file_name: String,
    pub(super) kind: OccupantKind,
    /// Of a file: its version. Of a folder: of the folder itself, not of what it holds.
    pub(super) version: String,
    pub(super) bytes: u64,
}

/// Whose an occupant is.
#[derive(Debug)]
pub(super) enum OccupantKind {
    /// A file that the store wrote.
    Own(Mark, Format),
    /// A file from elsewhere.
    Foreign,
    /// A folder that is one dataset, of this format where its files can be read.
    Folder(Option<Format>),
    /// A folder with the log of a Delta table.
    Table,
    /// Several objects of a bucket that are one dataset.
    Objects,
}

impl Occupant {
    /// Whether it is a Delta table.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, OccupantKind::Table)
    }

    /// Whether only a caller who names the mode may replace or drop it, and why.
    pub(super) fn protected(&self) -> Option<&'static str> {
        match self.kind {
            OccupantKind::Own(..) => None,
            OccupantKind::Foreign => Some("a file that the server did not write"),
            OccupantKind::Folder(_) | OccupantKind::Objects => Some("a folder"),
            OccupantKind::Table => Some("a Delta table"),
        }
    }
}

/// Everything in `parent` that bears the name of `target`, in the order of file names.
pub(super) fn find(
    store: &Store,
    parent: &Path,
    target: &Target,
) -> Result<Vec<Occupant>, StoreError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(parent, error)),
    };
    let mut occupants = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| refused(parent, error))?;
        // A name that is no UTF-8 is nobody's dataset.
        let Ok(file_name) = entry.file_name().into_string() else { continue };
        if let Some(occupant) = occupant(store, entry.path(), file_name, target)? {
            occupants.push(occupant);
        }
    }
    occupants.sort_by(|a, b| a.file_name.cmp(&b.file_name));
    Ok(occupants)
}

fn occupant(
    store: &Store,
    path: PathBuf,
    file_name: String,
    target: &Target,
) -> Result<Option<Occupant>, StoreError> {
    let split = Format::split_name(&file_name);
    let same = match (&target.ending, split) {
        (Some((ending, _)), Some((stem, found, _))) => {
            stem == target.stem && found.eq_ignore_ascii_case(ending)
        }
        (Some(_), None) => false,
        (None, Some((stem, ..))) => stem == target.stem || file_name == target.stem,
        (None, None) => file_name == target.stem,
    };
    if !same {
        return Ok(None);
    }
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        // Gone since the folder was listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&path, error)),
    };
    let kind = if is_table(&path) {
        OccupantKind::Table
    } else if path.is_dir() {
        match folder_kind(store, &path, &file_name, target)? {
            Some(kind) => kind,
            // A folder of other datasets; it may stay beside.
            None => return Ok(None),
        }
    } else {
        match split {
            Some((_, _, format)) if !target.folder => file_kind(&path, &metadata, format),
            // A file that is no dataset.
            _ => return Ok(None),
        }
    };
    let version = file_version(&metadata);
    Ok(Some(Occupant { path, file_name, kind, version, bytes: metadata.len() }))
}

/// Whose a file is.
fn file_kind(path: &Path, metadata: &Metadata, format: Format) -> OccupantKind {
    // A symbolic link, a socket: nothing that the store writes.
    let mark = metadata.is_file().then(|| Mark::read(path, format)).flatten();
    mark.map_or(OccupantKind::Foreign, |mark| OccupantKind::Own(mark, format))
}

/// What a folder is, if it is one dataset: that is for the index to say.
fn folder_kind(
    store: &Store,
    path: &Path,
    file_name: &str,
    target: &Target,
) -> Result<Option<OccupantKind>, StoreError> {
    if !has_foreign_data(path)? {
        return Ok(None);
    }
    let parents = target.parents.iter().map(String::as_str);
    let name: Vec<&str> = parents.chain([file_name, ""]).collect();
    store.refresh()?;
    match store.find(&name.join("/")) {
        Err(StoreError::NotFound { .. }) => Ok(None),
        Ok(dataset) => Ok(Some(OccupantKind::Folder(Some(dataset.format())))),
        Err(_) => Ok(Some(OccupantKind::Folder(None))),
    }
}

/// Whether a folder holds data files that the store did not write, or partitions: a look that
/// saves most uploads a scan. Files that the store wrote are datasets of their own.
fn has_foreign_data(folder: &Path) -> Result<bool, StoreError> {
    let entries = fs::read_dir(folder).map_err(|error| refused(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| refused(folder, error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_hidden(&name) {
            continue;
        }
        let path = entry.path();
        let part_of_it = if path.is_dir() {
            name.contains('=')
        } else {
            Format::split_name(&name)
                .is_some_and(|(_, _, format)| Mark::read(&path, format).is_none())
        };
        if part_of_it {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first thing in a dataset's folder that is no part of the dataset, if there is any.
pub(super) fn stranger(
    folder: &Path,
    format: Option<Format>,
) -> Result<Option<PathBuf>, StoreError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| refused(folder, error))?;
    let is_key = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().contains('=');
    // Beside partitions lie datasets of their own.
    let keyed = entries.iter().any(|entry| is_key(entry) && entry.path().is_dir());
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else { return Ok(Some(path)) };
        if is_hidden(name) {
            continue;
        }
        let kind = entry.file_type().map_err(|error| refused(&path, error))?;
        if kind.is_dir() && name.contains('=') {
            if let Some(inner) = stranger(&path, format)? {
                return Ok(Some(inner));
            }
            continue;
        }
        match Format::split_name(name) {
            Some((_, _, found))
                if kind.is_file()
                    && !keyed
                    && format.is_none_or(|format| format == found)
                    && Mark::read(&path, found).is_none() => {}
            None if kind.is_file() && name.ends_with(SCHEMA_ENDING) => {}
            _ => return Ok(Some(path)),
        }
    }
    Ok(None)
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}
