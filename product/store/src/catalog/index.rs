//! The index: every dataset by name, as one scan found them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::dataset::Dataset;
use super::probe::again;
use super::selection::Selection;
use crate::error::StoreError;
use crate::name::DatasetName;

/// How many near names an error lists.
const NEAR_MAX: usize = 3;
/// How many names are compared to find near ones.
const NEAR_AMONG_MAX: usize = 10_000;

/// One entry of the index.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The name with the extension; of a folder with a slash at its end.
    pub(crate) full: String,
    /// The name without.
    pub(crate) bare: String,
    /// Whether listings show it; members of a folder dataset are not shown.
    pub(crate) listed: bool,
    /// The dataset, or why it cannot be read and its path.
    pub(crate) outcome: Result<Arc<Dataset>, (PathBuf, Arc<StoreError>)>,
}

/// Everything one scan found.
#[derive(Debug)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    by_full: HashMap<String, usize>,
    by_bare: HashMap<String, Vec<usize>>,
    /// What can be listed, sorted by name.
    listed: Vec<Arc<Dataset>>,
    /// Names of files that are still being written.
    growing: HashMap<String, PathBuf>,
    /// When the scan began.
    pub(crate) begun: Instant,
    /// How long it took.
    pub(crate) cost: Duration,
}

impl Index {
    /// Sorts entries in.
    pub(crate) fn new(
        entries: Vec<Entry>,
        growing: HashMap<String, PathBuf>,
        begun: Instant,
    ) -> Self {
        let mut by_full = HashMap::new();
        let mut by_bare: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_full.insert(entry.full.clone(), at);
            by_bare.entry(entry.bare.clone()).or_default().push(at);
        }
        let shown = entries.iter().filter(|entry| entry.listed);
        let mut listed: Vec<_> = shown.filter_map(|entry| entry.outcome.clone().ok()).collect();
        listed.sort_by(|a, b| a.name().cmp(b.name()));
        Self { entries, by_full, by_bare, listed, growing, begun, cost: begun.elapsed() }
    }

    /// The datasets of a selection.
    pub(crate) fn list(&self, selection: &Selection) -> Vec<Arc<Dataset>> {
        let chosen =
            self.listed.iter().filter(|dataset| selection.matches(dataset.name().as_str()));
        chosen.cloned().collect()
    }

    /// The dataset of a name: by its full name first, then by its bare one.
    pub(crate) fn find(&self, name: &DatasetName) -> Result<Arc<Dataset>, StoreError> {
        let entry = match self.by_full.get(name.as_str()).and_then(|&at| self.entries.get(at)) {
            Some(entry) => entry,
            None => self.find_bare(name)?,
        };
        entry.outcome.clone().map_err(|(path, error)| again(&error, &path))
    }

    /// The only entry of a bare name.
    fn find_bare(&self, name: &DatasetName) -> Result<&Entry, StoreError> {
        let found = self.by_bare.get(name.as_str()).into_iter().flatten();
        let found: Vec<&Entry> = found.filter_map(|&at| self.entries.get(at)).collect();
        match found[..] {
            [entry] => Ok(entry),
            [] => Err(StoreError::NotFound {
                name: name.to_string(),
                hint: self.hint(name.without_slash().0),
            }),
            _ => {
                let mut candidates: Vec<_> = found.iter().map(|entry| entry.full.clone()).collect();
                candidates.sort();
                Err(StoreError::Ambiguous { name: name.to_string(), candidates })
            }
        }
    }

    /// What can be said about a name that is not there.
    fn hint(&self, name: &str) -> Option<String> {
        if let Some(path) = self.growing.get(name) {
            return Some(format!("its file {} is still being written", path.display()));
        }
        let near = |dataset: &&Arc<Dataset>| {
            let other = dataset.name().as_str();
            other.eq_ignore_ascii_case(name)
                || strsim::levenshtein(other, name) <= 1 + name.chars().count() / 5
        };
        let near = self.listed.iter().take(NEAR_AMONG_MAX).filter(near).take(NEAR_MAX);
        let near: Vec<_> = near.map(|dataset| format!("{:?}", dataset.name().as_str())).collect();
        (!near.is_empty()).then(|| format!("near it are {}", near.join(", ")))
    }
}
