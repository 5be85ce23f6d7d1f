//! The walk over the folder: names and stamps of everything, nothing opened.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};

use tracing::{debug, warn};

use crate::delta::is_table;
use crate::error::StoreError;
use crate::format::Format;
use crate::storage::Root;
use crate::storage::Stamp;

/// How deep folders are followed.
pub(super) const DEPTH_MAX: usize = 64;
/// What a schema file's name ends in.
const SCHEMA_ENDING: &str = ".schema.json";

/// A folder and everything of interest in it.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// Its own name; empty for the root.
    pub(crate) name: String,
    /// Its data files, by name.
    pub(crate) files: Vec<FileEntry>,
    /// Its folders, by name; those without data in them are left out.
    pub(crate) folders: Vec<Self>,
    /// Whether it is a Delta table; its log says what lies in it, and nobody looks.
    pub(crate) table: bool,
    /// The names of files of no format.
    pub(crate) strangers: Vec<String>,
    /// Its schema files by the name they stand beside.
    pub(crate) schemas: HashMap<String, (PathBuf, Stamp)>,
}

impl Folder {
    /// Whether nothing of interest is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && !self.table
    }

    /// Puts what was found in order, and schema files to what they stand beside.
    pub(super) fn settle(&mut self) {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.folders.sort_by(|a, b| a.name.cmp(&b.name));
        for file in &mut self.files {
            let schema = self.schemas.get(&file.stem).or_else(|| self.schemas.get(&file.name));
            file.schema = schema.filter(|_| file.format.is_text()).cloned();
        }
        for inner in &mut self.folders {
            if let Some(schema) = self.schemas.get(&inner.name) {
                inner.adopt(schema);
            }
        }
    }

    /// Takes a file into account; an empty one is as good as none.
    pub(super) fn take(&mut self, path: PathBuf, name: String, stamp: Stamp) {
        if let Some(stem) = name.strip_suffix(SCHEMA_ENDING) {
            self.schemas.insert(stem.to_owned(), (path, stamp));
            return;
        }
        let Some((stem, _, format)) = Format::split_name(&name) else {
            self.strangers.push(name);
            return;
        };
        if stamp.len == 0 {
            return;
        }
        let stem = stem.to_owned();
        self.files.push(FileEntry { path, name, stem, format, stamp, schema: None });
    }

    /// Every file in this folder and those in it.
    pub(super) fn all_files(&self) -> Vec<&FileEntry> {
        let inner = self.folders.iter().flat_map(Self::all_files);
        self.files.iter().chain(inner).collect()
    }

    /// Gives the schema file beside this folder to the text files in it that have none of their
    /// own, nor one beside a folder nearer to them.
    fn adopt(&mut self, schema: &(PathBuf, Stamp)) {
        for file in &mut self.files {
            if file.format.is_text() && file.schema.is_none() {
                file.schema = Some(schema.clone());
            }
        }
        for inner in &mut self.folders {
            inner.adopt(schema);
        }
    }
}

/// A data file.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// Its name with the ending.
    pub(crate) name: String,
    /// Its name without.
    pub(crate) stem: String,
    /// The format that the ending names.
    pub(crate) format: Format,
    /// Its state.
    pub(crate) stamp: Stamp,
    /// The schema file that goes with it.
    pub(crate) schema: Option<(PathBuf, Stamp)>,
}

/// What was logged already, so that it is logged once.
pub(crate) type Logged = HashSet<String>;

/// Walks the folder.
pub(crate) struct Scanner<'a> {
    root: &'a Root,
    logged: &'a mut Logged,
    /// The folders above the one being read, to notice a link that leads back up.
    above: Vec<(u64, u64)>,
}

impl<'a> Scanner<'a> {
    /// A walk that logs what it has not logged yet.
    pub(crate) fn new(root: &'a Root, logged: &'a mut Logged) -> Self {
        Self { root, logged, above: Vec::new() }
    }

    /// Reads everything; fails only when the root itself cannot be read.
    pub(crate) fn scan(mut self) -> Result<Folder, StoreError> {
        let root = self.root.path();
        let metadata = fs::metadata(root).map_err(|error| StoreError::io(root, error))?;
        self.folder(PathBuf::new(), String::new(), &metadata)
    }

    /// Logs something about a path, once.
    fn once(&mut self, path: &Path, what: &str) {
        if self.logged.insert(format!("{}\0{what}", path.display())) {
            warn!(path = %path.display(), "left out: {what}");
        }
    }

    /// Reads one folder and those in it.
    fn folder(
        &mut self,
        path: PathBuf,
        name: String,
        metadata: &Metadata,
    ) -> Result<Folder, StoreError> {
        let place = self.root.path().join(&path);
        if is_table(&place) {
            return Ok(Folder { path, name, table: true, ..Folder::default() });
        }
        let entries = fs::read_dir(&place).map_err(|error| StoreError::io(&path, error))?;
        self.above.push(identity(metadata));
        let mut folder = Folder { path, name, ..Folder::default() };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&mut folder, &entry),
                Err(error) => debug!(path = %folder.path.display(), %error, "entry not read"),
            }
        }
        self.above.pop();
        folder.settle();
        Ok(folder)
    }

    /// Takes one entry of a folder into account.
    fn entry(&mut self, folder: &mut Folder, entry: &DirEntry) {
        let raw = entry.file_name();
        if is_hidden(raw.as_encoded_bytes()) {
            return;
        }
        let path = folder.path.join(&raw);
        let Ok(name) = raw.into_string() else {
            self.once(&path, "its name is not UTF-8");
            return;
        };
        let Ok(kind) = entry.file_type() else { return };
        if kind.is_symlink() && !self.root.contains(&path) {
            self.once(&path, "the symbolic link leads nowhere in the folder");
            return;
        }
        // Follows links, unlike the metadata of the entry.
        let Ok(metadata) = fs::metadata(self.root.path().join(&path)) else { return };
        if metadata.is_dir() {
            self.subfolder(folder, path, name, &metadata);
        } else if metadata.is_file() {
            folder.take(path, name, Stamp::of(&metadata));
        }
    }

    /// Reads a folder in a folder.
    fn subfolder(&mut self, folder: &mut Folder, path: PathBuf, name: String, metadata: &Metadata) {
        if self.above.contains(&identity(metadata)) {
            self.once(&path, "the symbolic link leads back to a folder above it");
            return;
        }
        if self.above.len() >= DEPTH_MAX {
            self.once(&path, "it lies too deep");
            return;
        }
        match self.folder(path.clone(), name, metadata) {
            Ok(found) if found.is_empty() => {}
            Ok(found) => folder.folders.push(found),
            Err(error) => self.once(&path, &error.to_string()),
        }
    }
}

/// Whether a file or folder of this name is passed over, with all that is in it.
pub(super) fn is_hidden(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'.' | b'_'))
}

/// What tells one folder from another, however it is reached.
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}
