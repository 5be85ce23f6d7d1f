//! The tables of a store as they were last seen, so that a log is read once and then followed.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::log::{Log, Tip};
use super::table::Table;
use crate::StoreError;
use crate::commit::Writing;
use crate::storage::Place;

/// How many earlier versions of a table are kept for readers that are under way.
const EARLIER_MAX: usize = 4;

/// Every table that was asked for.
#[derive(Debug)]
pub(crate) struct Tables {
    place: Arc<Place>,
    writing: Arc<Writing>,
    known: Mutex<HashMap<PathBuf, Arc<Mutex<Known>>>>,
}

/// One table.
#[derive(Debug, Default)]
struct Known {
    log: Option<Log>,
    newest: Option<(Tip, Arc<Table>)>,
    earlier: VecDeque<Arc<Table>>,
}

impl Tables {
    /// None yet.
    pub(crate) fn new(place: Arc<Place>, writing: Arc<Writing>) -> Self {
        Self { place, writing, known: Mutex::default() }
    }

    /// The table at a path below the store's folder, at its youngest version. Blocks.
    pub(crate) fn newest(&self, path: &Path) -> Result<Arc<Table>, StoreError> {
        let known = self.known(path);
        let mut known = lock(&known);
        self.follow(&mut known, path)
    }

    /// The same at an earlier version. Blocks.
    ///
    /// # Errors
    /// [`StoreError::InvalidRequest`] for a version that the table has not reached,
    /// [`StoreError::Unsupported`] for one that its log no longer tells.
    pub(crate) fn at(&self, path: &Path, version: u64) -> Result<Arc<Table>, StoreError> {
        let known = self.known(path);
        let mut known = lock(&known);
        let newest = match &known.newest {
            // What a reader under way was planned on may well be the youngest that is known.
            Some((_, newest)) if newest.number() == version => newest.clone(),
            _ => self.follow(&mut known, path)?,
        };
        if newest.number() == version {
            return Ok(newest);
        }
        if version > newest.number() {
            return Err(StoreError::request(format!(
                "table {} has no version {version}, its youngest is {}",
                path.display(),
                newest.number()
            )));
        }
        let same = |table: &&Arc<Table>| {
            table.number() == version && table.identity() == newest.identity()
        };
        if let Some(table) = known.earlier.iter().find(same) {
            return Ok(table.clone());
        }
        let log = self.log(&mut known, path)?;
        let gone = |error: StoreError| match error {
            StoreError::Corrupt { reason, .. } => StoreError::Unsupported {
                reason: format!(
                    "version {version} of table {} cannot be read any more: {reason}",
                    path.display()
                ),
            },
            other => other,
        };
        let table = Arc::new(Table::new(path, log.load(Some(version)).map_err(gone)?)?);
        known.keep(table.clone());
        Ok(table)
    }

    /// The log of a table, for what else it tells.
    pub(super) fn log_of(&self, path: &Path) -> Result<Log, StoreError> {
        self.log(&mut lock(&self.known(path)), path)
    }

    /// Forgets what is no longer there.
    pub(crate) fn retain(&self, present: impl Fn(&Path) -> bool) {
        lock(&self.known).retain(|path, _| present(path));
    }

    /// Whether what is known of a table is what its log says now. Blocks.
    pub(crate) fn is_current(&self, path: &Path, table: &Table) -> bool {
        let known = self.known(path);
        let known = lock(&known);
        let (Some(log), Some((tip, newest))) = (&known.log, &known.newest) else { return false };
        newest.version() == table.version() && log.tip(table.number()).is_ok_and(|now| &now == tip)
    }

    /// What writing needs.
    pub(super) fn writing(&self) -> &Arc<Writing> {
        &self.writing
    }

    fn known(&self, path: &Path) -> Arc<Mutex<Known>> {
        lock(&self.known).entry(path.to_owned()).or_default().clone()
    }

    fn log(&self, known: &mut Known, path: &Path) -> Result<Log, StoreError> {
        if let Some(log) = &known.log {
            return Ok(log.clone());
        }
        let log = Log::open(&self.writing, &self.place, path)?;
        known.log = Some(log.clone());
        Ok(log)
    }

    /// Reads what was committed since, or all if the table is another one than it was.
    fn follow(&self, known: &mut Known, path: &Path) -> Result<Arc<Table>, StoreError> {
        let log = self.log(known, path)?;
        if let Some((tip, table)) = &known.newest {
            let now = log.tip(table.number())?;
            if now == *tip {
                return Ok(table.clone());
            }
            if now.same_entry(tip) {
                let state = log.follow(table.state())?;
                return known.take(&log, Arc::new(Table::new(path, state)?));
            }
        }
        known.newest = None;
        known.earlier.clear();
        let state = log.load(None)?;
        known.take(&log, Arc::new(Table::new(path, state)?))
    }
}

impl Known {
    /// Takes over a younger version.
    fn take(&mut self, log: &Log, table: Arc<Table>) -> Result<Arc<Table>, StoreError> {
        let tip = log.tip(table.number())?;
        if let Some((_, before)) = self.newest.replace((tip.end(), table.clone()))
            && before.version() != table.version()
        {
            self.keep(before);
        }
        Ok(table)
    }

    fn keep(&mut self, table: Arc<Table>) {
        self.earlier.retain(|kept| kept.version() != table.version());
        self.earlier.push_front(table);
        self.earlier.truncate(EARLIER_MAX);
    }
}

/// A panic under the lock leaves nothing half done that matters: what is kept is read again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
