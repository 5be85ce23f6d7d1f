//! Making an index of a scan: which files and folders are datasets, and under which names.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow_schema::{Schema, SchemaRef};
use tracing::warn;

use super::classify::{Member, folder_format};
use super::dataset::{Dataset, DatasetKind, Part};
use super::hive::{self, HiveFiles};
use super::index::{Entry, Index};
use super::probe::{Facts, Probe};
use super::scan::{FileEntry, Folder, Logged};
use super::unify::unify;
use super::version_hash::VersionHash;
use crate::delta::Table;
use crate::error::StoreError;
use crate::format::Format;
use crate::name::DatasetName;

/// A dataset without its name, which depends on all the others.
struct Draft {
    full: String,
    bare: String,
    listed: bool,
    outcome: Result<Body, (PathBuf, Arc<StoreError>)>,
}

/// What a dataset is beside its name.
struct Body {
    kind: DatasetKind,
    format: Format,
    schema: SchemaRef,
    path: PathBuf,
    parts: Vec<Part>,
    /// The columns that are not in the files.
    keys: Vec<usize>,
    /// Of a table what its log says.
    table: Option<Arc<Table>>,
}

impl Body {
    fn of_table(table: Arc<Table>) -> Self {
        Self {
            kind: DatasetKind::Delta,
            format: Format::Parquet,
            schema: table.schema().clone(),
            path: table.path().to_owned(),
            parts: Vec::new(),
            keys: Vec::new(),
            table: Some(table),
        }
    }
}

/// Opens the Delta table of a folder below the root.
pub(crate) type OpenTable<'a> = &'a dyn Fn(&Path) -> Result<Arc<Table>, StoreError>;

/// Makes an index.
pub(crate) struct Builder<'a> {
    probe: &'a mut dyn FnMut(&FileEntry) -> Probe,
    open: OpenTable<'a>,
    logged: &'a mut Logged,
    /// The name of a Hive dataset that is the root itself.
    root_name: String,
    drafts: Vec<Draft>,
    growing: HashMap<String, PathBuf>,
}

impl<'a> Builder<'a> {
    /// A builder that looks into files with `probe`, and into tables with `open`.
    pub(crate) fn new(
        probe: &'a mut dyn FnMut(&FileEntry) -> Probe,
        open: OpenTable<'a>,
        logged: &'a mut Logged,
        root: &Path,
    ) -> Self {
        let root_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let root_name = root_name.unwrap_or_else(|| "data".to_owned());
        Self { probe, open, logged, root_name, drafts: Vec::new(), growing: HashMap::new() }
    }

    /// Makes the index of a scan.
    pub(crate) fn build(mut self, root: &Folder, begun: Instant) -> Index {
        self.folder(root, "");
        let mut bare_counts: HashMap<&str, usize> = HashMap::new();
        let mut fulls = HashSet::new();
        for draft in &self.drafts {
            *bare_counts.entry(&draft.bare).or_default() += 1;
            fulls.insert(draft.full.as_str());
        }
        let own = |draft: &Draft| {
            bare_counts.get(draft.bare.as_str()) == Some(&1) && !fulls.contains(draft.bare.as_str())
        };
        let bares: Vec<bool> = self.drafts.iter().map(own).collect();
        let entries = self.drafts.into_iter().zip(bares).filter_map(|(draft, bare)| {
            let name = if bare { &draft.bare } else { &draft.full };
            // Names from a directory are components that cannot climb out.
            let name = DatasetName::parse(name).ok()?;
            Some(entry(draft, name))
        });
        Index::new(entries.collect(), self.growing, begun)
    }

    /// Logs something about a path, once.
    fn once(&mut self, path: &str, what: &str) {
        if self.logged.insert(format!("{path}\0{what}")) {
            warn!(path, "left out: {what}");
        }
    }

    /// Takes a folder and those in it into account; `prefix` is its name with a slash.
    fn folder(&mut self, folder: &Folder, prefix: &str) {
        if folder.table {
            self.table(folder, prefix);
            return;
        }
        if hive::is_hive(folder) {
            self.hive(folder, prefix);
            return;
        }
        let is_root = folder.path.as_os_str().is_empty();
        let members = self.members(folder.files.iter());
        let leaf = !is_root && folder.folders.iter().all(|next| self.is_written(next));
        let merged = leaf && self.leaf(folder, prefix, &members);
        for (member, in_folder) in members.iter().zip(self.belongs(&members, merged)) {
            self.file(member, prefix, !in_folder);
        }
        for next in &folder.folders {
            self.folder(next, &format!("{prefix}{}/", next.name));
        }
    }

    /// Makes a Delta table a dataset.
    fn table(&mut self, folder: &Folder, prefix: &str) {
        let bare = prefix.trim_end_matches('/');
        let bare = if bare.is_empty() { self.root_name.clone() } else { bare.to_owned() };
        let outcome = match (self.open)(&folder.path) {
            Ok(table) => Ok(Body::of_table(table)),
            Err(error) => {
                self.once(&folder.path.display().to_string(), &error.to_string());
                Err((folder.path.clone(), Arc::new(error)))
            }
        };
        self.drafts.push(Draft { full: format!("{bare}/"), bare, listed: true, outcome });
    }

    /// Looks into files.
    fn members<'f>(&mut self, files: impl Iterator<Item = &'f FileEntry>) -> Vec<Member<'f>> {
        files.map(|file| Member { file, probe: (self.probe)(file) }).collect()
    }

    /// Whether the store wrote all that a folder holds: uploads below a folder leave it a leaf.
    fn is_written(&mut self, folder: &Folder) -> bool {
        self.members(folder.files.iter()).iter().all(Member::is_written)
            && folder.folders.iter().all(|next| self.is_written(next))
    }

    /// For each member whether the folder's dataset hides it.
    fn belongs(&self, members: &[Member<'_>], merged: bool) -> Vec<bool> {
        members.iter().map(|member| merged && !member.is_written()).collect()
    }

    /// Makes one file a dataset.
    fn file(&mut self, member: &Member<'_>, prefix: &str, listed: bool) {
        let file = member.file;
        let full = format!("{prefix}{}", file.name);
        let bare = format!("{prefix}{}", file.stem);
        let outcome = match &member.probe {
            Probe::Growing => {
                let path = &file.path;
                self.growing.extend([(full, path.clone()), (bare, path.clone())]);
                return;
            }
            Probe::Broken(error) => Err((file.path.clone(), error.clone())),
            Probe::Ready(facts) => Ok(Body {
                kind: DatasetKind::File,
                format: file.format,
                schema: facts.schema.clone(),
                path: file.path.clone(),
                parts: vec![part(file, facts, Vec::new())],
                keys: Vec::new(),
                table: None,
            }),
        };
        self.drafts.push(Draft { full, bare, listed, outcome });
    }

    /// Makes a leaf folder a dataset if its files belong together; tells whether it did.
    fn leaf(&mut self, folder: &Folder, prefix: &str, members: &[Member<'_>]) -> bool {
        let own: Vec<&Member<'_>> = members.iter().filter(|member| !member.is_written()).collect();
        let Some(format) = folder_format(&own) else { return false };
        let of_format = own.iter().filter(|member| member.file.format == format);
        let of_format: Vec<_> = of_format.map(|member| (*member, Vec::new())).collect();
        let Some(body) = self.gather(folder, DatasetKind::Folder, format, &of_format) else {
            return false;
        };
        for name in &folder.strangers {
            let path = folder.path.join(name).display().to_string();
            self.once(&path, "it is of no format, in a folder that is one dataset");
        }
        for odd in own.iter().filter(|member| member.file.format != format) {
            let path = odd.file.path.display().to_string();
            let what = format!("it is {}, in a folder of {format} files", odd.file.format);
            self.once(&path, &what);
        }
        let bare = prefix.trim_end_matches('/').to_owned();
        self.drafts.push(Draft { full: prefix.to_owned(), bare, listed: true, outcome: body });
        true
    }

    /// Makes a folder of `key=value` folders a dataset, its files members; what belongs to none is
    /// a dataset of its own.
    fn hive(&mut self, folder: &Folder, prefix: &str) {
        let found = hive::collect(folder);
        for odd in &found.odd {
            self.once(odd, "it does not lie as the other files of its Hive dataset do");
        }
        let members = self.members(found.files.iter().map(|(file, _)| *file));
        let merged = self.keyed(folder, prefix, found, &members);
        for member in &members {
            let path = member.file.path.parent().map(|path| path.to_string_lossy().into_owned());
            self.file(member, &format!("{}/", path.unwrap_or_default()), !merged);
        }
        for member in &self.members(folder.files.iter()) {
            self.file(member, prefix, true);
        }
        for beside in folder.folders.iter().filter(|beside| !hive::is_key(beside)) {
            self.folder(beside, &format!("{prefix}{}/", beside.name));
        }
    }

    /// Makes the files below `key=value` folders a dataset if they belong together; tells whether
    /// it did.
    fn keyed(
        &mut self,
        folder: &Folder,
        prefix: &str,
        found: HiveFiles<'_>,
        members: &[Member<'_>],
    ) -> bool {
        let all: Vec<&Member<'_>> = members.iter().collect();
        let path = folder.path.display().to_string();
        let Some(format) = folder_format(&all) else {
            self.once(&path, "no format has most of the files of this Hive dataset");
            return false;
        };
        let values = found.files.into_iter().map(|(_, values)| values);
        let pairs = members.iter().zip(values).filter(|(member, _)| member.file.format == format);
        let pairs: Vec<_> = pairs.collect();
        let Some(outcome) = self.gather(folder, DatasetKind::Hive, format, &pairs) else {
            self.once(&path, "most files of this Hive dataset have columns of their own");
            return false;
        };
        let outcome = outcome.map(|body| with_keys(body, &found.keys, &pairs));
        let bare = prefix.trim_end_matches('/');
        let bare = if bare.is_empty() { self.root_name.clone() } else { bare.to_owned() };
        self.drafts.push(Draft { full: format!("{bare}/"), bare, listed: true, outcome });
        true
    }

    /// Puts files under one schema; `None` when most of them do not fit under one.
    fn gather(
        &mut self,
        folder: &Folder,
        kind: DatasetKind,
        format: Format,
        members: &[(&Member<'_>, Vec<Option<String>>)],
    ) -> Option<Result<Body, (PathBuf, Arc<StoreError>)>> {
        let ready: Vec<_> = members.iter().filter_map(|(member, _)| member.ready()).collect();
        let schemas: Vec<SchemaRef> = ready.iter().map(|(_, facts)| facts.schema.clone()).collect();
        let unified = unify(&schemas, format.is_text());
        let fitting = unified.fits.iter().filter(|fits| **fits).count();
        if fitting * 2 <= ready.len() {
            return None;
        }
        for (member, _) in members {
            if let Probe::Broken(error) = &member.probe {
                return Some(Err((member.file.path.clone(), error.clone())));
            }
        }
        let mut parts = Vec::with_capacity(fitting);
        for ((file, facts), fits) in ready.into_iter().zip(unified.fits) {
            if fits {
                parts.push(part(file, facts, Vec::new()));
            } else {
                let path = file.path.display().to_string();
                self.once(&path, "its columns are not those of the other files of its folder");
            }
        }
        let path = folder.path.clone();
        let schema = unified.schema;
        Some(Ok(Body { kind, format, schema, path, parts, keys: Vec::new(), table: None }))
    }
}

/// One file as a part of a dataset.
fn part(file: &FileEntry, facts: &Arc<Facts>, keys: Vec<arrow_array::ArrayRef>) -> Part {
    Part {
        path: file.path.clone(),
        stamp: file.stamp.clone(),
        schema_file: file.schema.clone(),
        facts: facts.clone(),
        keys,
    }
}

/// Adds the columns that the names of folders make. They stand for a column of the same name in
/// the files, which is dropped.
fn with_keys(
    mut body: Body,
    keys: &[String],
    files: &[(&Member<'_>, Vec<Option<String>>)],
) -> Body {
    let own = body.schema.fields().iter().filter(|field| !keys.contains(field.name()));
    let mut fields: Vec<_> = own.cloned().collect();
    body.keys = (fields.len()..fields.len() + keys.len()).collect();
    let by_path: HashMap<&Path, &Vec<Option<String>>> =
        files.iter().map(|(member, values)| (member.file.path.as_path(), values)).collect();
    for (at, key) in keys.iter().enumerate() {
        let value = |part: &Part| by_path.get(part.path.as_path())?.get(at)?.as_deref();
        let values: Vec<Option<&str>> = body.parts.iter().map(value).collect();
        let (field, arrays) = hive::column(key, &values);
        fields.push(Arc::new(field));
        for (part, array) in body.parts.iter_mut().zip(arrays) {
            part.keys.push(array);
        }
    }
    body.schema = Arc::new(Schema::new_with_metadata(fields, body.schema.metadata().clone()));
    body
}

/// A draft with its name.
fn entry(draft: Draft, name: DatasetName) -> Entry {
    let Draft { full, bare, listed, outcome } = draft;
    let outcome = outcome.map(|body| {
        if let Some(table) = &body.table {
            return Arc::new(Dataset::of_table(name, table));
        }
        let version = version(&body);
        let Body { kind, format, schema, path, parts, keys, table } = body;
        Arc::new(Dataset { name, kind, format, schema, version, path, parts, keys, table })
    });
    Entry { full, bare, listed, outcome }
}

/// The version of a dataset: of a single file that file's, else a hash of all.
fn version(body: &Body) -> String {
    if let (DatasetKind::File, [part]) = (body.kind, &body.parts[..])
        && part.schema_file.is_none()
    {
        return part.stamp.version.clone();
    }
    let mut hash = VersionHash::new();
    for part in &body.parts {
        hash.add(&part.path.to_string_lossy());
        hash.add(&part.stamp.version);
        if let Some((_, stamp)) = &part.schema_file {
            hash.add(&stamp.version);
        }
    }
    hash.finish()
}
