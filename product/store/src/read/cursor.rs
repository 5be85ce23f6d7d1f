//! The walk over the parts of a read: one batch after the other, blocking.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::part::{Window, open};
use super::resolve::Resolved;
use crate::error::StoreError;
use crate::format::{Batches, Decoding, Source};
use crate::storage::{Found, Place};

/// How many files are opened before the first row is read, so that their replacement does not
/// disturb the reader. Those beyond are opened in turn, and must still be the same.
const OPENED_AHEAD_MAX: usize = 32;

/// A read in progress.
pub(crate) struct Cursor {
    place: Arc<Place>,
    resolved: Resolved,
    decoding: Decoding,
    /// The parts to come, the first ones open.
    parts: VecDeque<(usize, Option<Source>)>,
    current: Option<Batches>,
    window: Window,
    done: bool,
}

impl Cursor {
    /// Opens the first files.
    pub(crate) fn open(
        place: Arc<Place>,
        resolved: Resolved,
        decoding: Decoding,
    ) -> Result<Self, StoreError> {
        let window = Window { skip: resolved.offset, left: resolved.limit };
        let parts = VecDeque::with_capacity(resolved.parts.len());
        let mut cursor =
            Self { place, resolved, decoding, parts, current: None, window, done: false };
        for (nth, &at) in cursor.resolved.parts.iter().enumerate() {
            let ahead = nth < OPENED_AHEAD_MAX;
            let source = if ahead { Some(cursor.open_source(at)?) } else { None };
            cursor.parts.push_back((at, source));
        }
        Ok(cursor)
    }

    /// Opens a part's file, if it is still the one that was planned on.
    fn open_source(&self, at: usize) -> Result<Source, StoreError> {
        let dataset = &self.resolved.dataset;
        let changed =
            |reason: String| StoreError::Changed { name: dataset.name().to_string(), reason };
        let Some(part) = dataset.parts.get(at) else {
            return Err(changed("it has fewer files than planned".to_owned()));
        };
        let path = part.path.display();
        match self.place.open(&part.path, &part.stamp)? {
            Found::Same(source) => Ok(source),
            Found::Gone => Err(changed(format!("{path} is gone"))),
            Found::Other => Err(changed(format!("{path} was replaced or written to"))),
        }
    }

    /// Starts the next part that holds a row of the window; false at the end.
    fn next_part(&mut self) -> Result<bool, StoreError> {
        while let Some((at, source)) = self.parts.pop_front() {
            let Some(part) = self.resolved.dataset.parts.get(at) else { continue };
            let plain = self.resolved.predicates.is_empty();
            if let Some(rows) = part.facts.rows.filter(|&rows| plain && rows <= self.window.skip) {
                self.window.skip -= rows;
                continue;
            }
            let source = match source {
                Some(source) => source,
                None => self.open_source(at)?,
            };
            let part = (at, part);
            let opened = open(source, part, &self.resolved, self.window, &self.decoding)?;
            self.window.skip = opened.skip;
            self.current = Some(opened.batches);
            return Ok(true);
        }
        Ok(false)
    }

    /// The next batch that has a row in it, `None` at the end.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        loop {
            if self.window.left == Some(0) {
                return Ok(None);
            }
            let Some(batches) = &mut self.current else {
                if self.next_part()? {
                    continue;
                }
                return Ok(None);
            };
            let Some(batch) = batches.next().transpose()? else {
                self.current = None;
                continue;
            };
            let batch = self.cut(batch);
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }

    /// What of a batch lies in the window.
    fn cut(&mut self, batch: RecordBatch) -> RecordBatch {
        let rows = batch.num_rows() as u64;
        let skip = self.window.skip.min(rows);
        let keep = self.window.left.map_or(rows - skip, |left| left.min(rows - skip));
        self.window.skip -= skip;
        if let Some(left) = &mut self.window.left {
            *left -= keep;
        }
        if keep == rows {
            return batch;
        }
        // Both are at most the rows of a batch, which are counted in usize.
        batch.slice(usize::try_from(skip).unwrap_or(0), usize::try_from(keep).unwrap_or(0))
    }
}

impl Iterator for Cursor {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}
