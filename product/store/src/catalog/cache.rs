//! The index kept, and made anew when it is too old.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use super::build::Builder;
use super::dataset::Dataset;
use super::index::Index;
use super::probe::{Probe, Prober, look_at};
use super::scan::{FileEntry, Folder, Logged, Scanner};
use super::scan_bucket::scan_bucket;
use super::selection::Selection;
use crate::delta::Tables;
use crate::error::StoreError;
use crate::name::DatasetName;
use crate::options::StoreOptions;
use crate::storage::{Place, Stamp};

/// A look-up uses an index that is at most this many times older than its scan took: small folders
/// are nearly always looked at again, large ones as rarely as the options allow.
const RESCAN_PAUSE_FACTOR: u32 = 20;
/// The same for a name that was not found, which somebody may have written this moment.
const MISS_PAUSE_FACTOR: u32 = 4;
/// A scan that took no longer is repeated for every listing and every name not found.
const CHEAP_SCAN: Duration = Duration::from_millis(50);
/// How many files of a dataset are checked for changes whenever it is looked up.
const CHECKED_PARTS_MAX: usize = 256;
/// The same for objects, each of which is a request: what else has changed, the reader notices.
const CHECKED_OBJECTS_MAX: usize = 1;

/// The index of a folder.
#[derive(Debug)]
pub(crate) struct Catalog {
    place: Arc<Place>,
    tables: Arc<Tables>,
    options: StoreOptions,
    index: RwLock<Option<Arc<Index>>>,
    /// Held while a scan runs.
    scanner: Mutex<Memory>,
}

/// What one scan leaves to the next.
#[derive(Debug, Default)]
struct Memory {
    probes: HashMap<PathBuf, Kept>,
    logged: Logged,
}

/// An earlier probe.
#[derive(Clone, Debug)]
struct Kept {
    stamp: Stamp,
    schema: Option<Stamp>,
    probe: Probe,
}

impl Kept {
    /// Whether it is what a look into a file would find now.
    fn is_of(&self, file: &FileEntry) -> bool {
        let settled = match &self.probe {
            Probe::Ready(_) => true,
            Probe::Growing => false,
            // Says nothing about the file.
            Probe::Broken(error) => !matches!(**error, StoreError::Unavailable { .. }),
        };
        let schema = file.schema.as_ref().map(|(_, stamp)| stamp);
        settled && self.stamp == file.stamp && self.schema.as_ref() == schema
    }
}

/// The files of a scan that nobody has looked into yet.
fn new_files<'f>(tree: &'f Folder, probes: &HashMap<PathBuf, Kept>) -> Vec<&'f FileEntry> {
    let is_new = |file: &&FileEntry| !probes.get(&file.path).is_some_and(|kept| kept.is_of(file));
    tree.all_files().into_iter().filter(is_new).collect()
}

impl Catalog {
    /// A catalog that has not looked yet.
    pub(crate) fn new(place: Arc<Place>, tables: Arc<Tables>, options: StoreOptions) -> Self {
        Self { place, tables, options, index: RwLock::default(), scanner: Mutex::default() }
    }

    /// The datasets of a selection.
    pub(crate) fn list(&self, selection: &Selection) -> Result<Vec<Arc<Dataset>>, StoreError> {
        let pause = |index: &Index| {
            if index.cost <= CHEAP_SCAN { Duration::ZERO } else { self.pause(index) }
        };
        Ok(self.index(pause)?.list(selection))
    }

    /// The dataset of a name, as it is on the disk now.
    pub(crate) fn find(&self, name: &DatasetName) -> Result<Arc<Dataset>, StoreError> {
        let asked = Instant::now();
        let index = self.index(|index| self.pause(index))?;
        let found = index.find(name);
        let rescan = match &found {
            Ok(dataset) => !self.is_current(dataset),
            Err(_) => {
                let pause = index.cost * MISS_PAUSE_FACTOR;
                index.cost <= CHEAP_SCAN || index.begun.elapsed() > pause
            }
        };
        if rescan && index.begun < asked { self.scan_after(asked)?.find(name) } else { found }
    }

    /// Scans now.
    pub(crate) fn refresh(&self) -> Result<(), StoreError> {
        self.scan_after(Instant::now()).map(drop)
    }

    /// How old an index may be before a look-up makes a new one.
    fn pause(&self, index: &Index) -> Duration {
        (index.cost * RESCAN_PAUSE_FACTOR).min(self.options.rescan_after)
    }

    /// An index that is not older than that.
    fn index(&self, pause: impl Fn(&Index) -> Duration) -> Result<Arc<Index>, StoreError> {
        let asked = Instant::now();
        match self.kept() {
            Some(index) if index.begun + pause(&index) >= asked => Ok(index),
            _ => self.scan_after(asked),
        }
    }

    /// The index as it is kept.
    fn kept(&self) -> Option<Arc<Index>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An index whose scan began at that moment or later; callers at once share one scan.
    fn scan_after(&self, moment: Instant) -> Result<Arc<Index>, StoreError> {
        let mut memory = self.scanner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = self.kept().filter(|index| index.begun >= moment) {
            return Ok(index);
        }
        let index = Arc::new(self.scan(&mut memory)?);
        debug!(ms = index.cost.as_millis(), "scanned");
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index.clone());
        Ok(index)
    }

    /// Scans, probing what is new.
    fn scan(&self, memory: &mut MutexGuard<'_, Memory>) -> Result<Index, StoreError> {
        let begun = Instant::now();
        let Memory { probes, logged } = &mut **memory;
        let tree = match &*self.place {
            Place::Folder(root) => Scanner::new(root, logged).scan()?,
            Place::Bucket(bucket) => scan_bucket(bucket, logged)?,
        };
        let read = &self.options.read;
        let prober = Prober { place: &self.place, options: read, settle: self.options.settle };
        let mut looked = look_at(&prober, &new_files(&tree, probes), self.place.looks_at_once());
        let mut kept = HashMap::with_capacity(probes.len());
        let mut probe = |file: &FileEntry| {
            let schema = file.schema.as_ref().map(|(_, stamp)| stamp.clone());
            let before = probes.get(&file.path);
            let known = before.filter(|kept| kept.is_of(file));
            let probe = known.map(|kept| kept.probe.clone()).unwrap_or_else(|| {
                let looked = looked.remove(&file.path);
                let probe =
                    looked.unwrap_or_else(|| prober.probe(file, before.map(|kept| &kept.stamp)));
                if let Probe::Broken(error) = &probe {
                    warn!(path = %file.path.display(), "not listed: {error}");
                }
                probe
            });
            let entry = Kept { stamp: file.stamp.clone(), schema, probe: probe.clone() };
            kept.insert(file.path.clone(), entry);
            probe
        };
        let seen = RefCell::new(HashSet::new());
        let open = |path: &Path| {
            seen.borrow_mut().insert(path.to_owned());
            self.tables.newest(path)
        };
        let index = Builder::new(&mut probe, &open, logged, &self.place.path()).build(&tree, begun);
        *probes = kept;
        self.tables.retain(|path| seen.borrow().contains(path));
        Ok(index)
    }

    /// Whether the files of a dataset are as they were; of very many only the first are checked.
    fn is_current(&self, dataset: &Dataset) -> bool {
        if let Some(table) = &dataset.table {
            return self.tables.is_current(&dataset.path, table);
        }
        let same = |path: &Path, stamp: &Stamp| self.place.is_same(path, stamp);
        let checked_max = match &*self.place {
            Place::Folder(_) => CHECKED_PARTS_MAX,
            Place::Bucket(_) => CHECKED_OBJECTS_MAX,
        };
        dataset.parts.iter().take(checked_max).all(|part| {
            same(&part.path, &part.stamp)
                && part.schema_file.as_ref().is_none_or(|(path, stamp)| same(path, stamp))
        })
    }
}
