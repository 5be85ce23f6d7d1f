//! Whether the files of a folder belong together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::probe::{Facts, Probe};
use super::scan::FileEntry;
use crate::format::Format;

/// A file of a folder and what was found in it.
pub(crate) struct Member<'a> {
    /// The file.
    pub(crate) file: &'a FileEntry,
    /// What was found.
    pub(crate) probe: Probe,
}

impl<'a> Member<'a> {
    /// Whether this store wrote it. An upload to `a/b` is the dataset `a/b` and never a member of
    /// a dataset `a`, whatever else lies in that folder.
    pub(crate) fn is_written(&self) -> bool {
        matches!(&self.probe, Probe::Ready(facts) if facts.written)
    }

    /// The file and what it holds, if it can be read.
    pub(crate) fn ready(&self) -> Option<(&'a FileEntry, &Arc<Facts>)> {
        match &self.probe {
            Probe::Ready(facts) => Some((self.file, facts)),
            _ => None,
        }
    }
}

/// The format of a folder's dataset: the one that more than half of the files have.
pub(crate) fn folder_format(members: &[&Member<'_>]) -> Option<Format> {
    let whole = members.iter().filter(|member| !matches!(member.probe, Probe::Growing));
    let mut counts: BTreeMap<Format, usize> = BTreeMap::new();
    let mut all = 0;
    for member in whole {
        *counts.entry(member.file.format).or_default() += 1;
        all += 1;
    }
    let best = counts.into_iter().max_by_key(|(_, count)| *count);
    best.filter(|(_, count)| count * 2 > all).map(|(format, _)| format)
}
