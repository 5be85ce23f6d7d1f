//! A request against its dataset: which columns, which files, which conditions.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::Array;
use arrow_schema::{Field, Schema, SchemaRef};

use super::bind::bind_all;
use super::piece::Piece;
use super::predicate::Predicate;
use super::request::ReadRequest;
use crate::catalog::Dataset;
use crate::error::StoreError;

/// How many near columns an error lists.
const NEAR_MAX: usize = 3;
/// How many columns an error lists when none is near.
const KNOWN_MAX: usize = 20;

/// A request that was found to make sense.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) dataset: Arc<Dataset>,
    /// The columns, as indices into the dataset's schema.
    pub(crate) columns: Vec<usize>,
    /// The schema of the outcome.
    pub(crate) schema: SchemaRef,
    /// The parts that may hold rows of the outcome, as indices: their keys do not rule them out,
    /// nor does what a table's log says of them.
    pub(crate) parts: Vec<usize>,
    /// The conditions on columns that are in the files.
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
    /// What of it is read, where that is not all.
    pub(crate) piece: Option<Piece>,
}

impl Resolved {
    /// Looks a request's columns and conditions up.
    pub(crate) fn new(dataset: Arc<Dataset>, request: &ReadRequest) -> Result<Self, StoreError> {
        let schema = dataset.schema();
        let columns = match &request.columns {
            None => (0..schema.fields().len()).collect(),
            Some(names) => {
                names.iter().map(|name| column(schema, name)).collect::<Result<Vec<_>, _>>()?
            }
        };
        let output = project(schema, &columns);
        let mut predicates = Vec::new();
        let mut on_keys = Vec::new();
        for predicate in &request.filter {
            let at = column(schema, &predicate.column)?;
            match dataset.key(at) {
                Some(key) => on_keys.push((key, predicate)),
                None => predicates.push(predicate.clone()),
            }
        }
        let field = |name: &str| Ok(schema.fields()[column(schema, name)?].clone());
        // What is wrong with a literal is said now and not when the first file is read.
        let conditions = bind_all(&predicates, field)?;
        let mut parts = parts(&dataset, &on_keys)?;
        if let Some(table) = &dataset.table {
            let possible = table.possible(&conditions);
            parts.retain(|&part| possible.get(part) != Some(&false));
        }
        let (limit, offset) = (request.limit, request.offset);
        let piece = None;
        Ok(Self { columns, schema: output, parts, predicates, limit, offset, piece, dataset })
    }

    /// The same without what is not in the piece.
    pub(crate) fn with_piece(mut self, piece: Option<Piece>) -> Self {
        if let Some(piece) = &piece {
            self.parts.retain(|&part| piece.groups(part).is_some());
        }
        self.piece = piece;
        self
    }

    /// The row groups or batches of a part that are read.
    pub(crate) fn groups(&self, part: usize) -> Range<usize> {
        let of_piece = self.piece.as_ref().map(|piece| piece.groups(part).unwrap_or(0..0));
        of_piece.unwrap_or(0..usize::MAX)
    }

    /// The rows of the outcome, where they are known without reading.
    pub(crate) fn rows(&self) -> Option<u64> {
        if self.limit == Some(0) {
            return Some(0);
        }
        if !self.predicates.is_empty() {
            return None;
        }
        let parts = self.parts.iter().map(|&at| self.dataset.parts.get(at)?.facts.rows);
        let rows: u64 = parts.sum::<Option<u64>>()?;
        let rows = rows.saturating_sub(self.offset);
        Some(self.limit.map_or(rows, |limit| limit.min(rows)))
    }

    /// Whether the outcome is the whole dataset.
    pub(crate) fn is_whole(&self) -> bool {
        self.predicates.is_empty()
            && self.limit.is_none()
            && self.offset == 0
            && self.parts.len() == self.dataset.parts.len()
            && self.columns.len() == self.dataset.schema().fields().len()
    }
}

/// The parts whose Hive values meet the conditions on them.
fn parts(dataset: &Dataset, on_keys: &[(usize, &Predicate)]) -> Result<Vec<usize>, StoreError> {
    let schema = dataset.schema();
    let field = |name: &str| Ok(schema.fields()[column(schema, name)?].clone());
    let bound = bind_all(on_keys.iter().map(|(_, predicate)| *predicate), field)?;
    let mut parts = Vec::with_capacity(dataset.parts.len());
    for (at, part) in dataset.parts.iter().enumerate() {
        let mut met = true;
        for ((key, _), bound) in on_keys.iter().zip(&bound) {
            let Some(value) = part.keys.get(*key) else { continue };
            let outcome = bound.evaluate(value);
            let outcome = outcome.map_err(|error| StoreError::request(error.to_string()))?;
            met &= !outcome.is_empty() && outcome.is_valid(0) && outcome.value(0);
        }
        if met {
            parts.push(at);
        }
    }
    Ok(parts)
}

/// The schema of some columns.
fn project(schema: &Schema, columns: &[usize]) -> SchemaRef {
    let fields: Vec<Arc<Field>> =
        columns.iter().filter_map(|&at| schema.fields().get(at).cloned()).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The index of a column; the error lists near ones.
fn column(schema: &Schema, name: &str) -> Result<usize, StoreError> {
    schema.index_of(name).map_err(|_| {
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let near = |other: &&str| {
            other.eq_ignore_ascii_case(name)
                || strsim::levenshtein(other, name) <= 1 + name.chars().count() / 4
        };
        let quoted = |name: &str| format!("{name:?}");
        let near: Vec<_> = names.clone().filter(near).take(NEAR_MAX).map(quoted).collect();
        let (what, list) = if near.is_empty() {
            ("it has", names.take(KNOWN_MAX).map(quoted).collect())
        } else {
            ("near it are", near)
        };
        StoreError::request(format!("no column is named {name:?}, {what} {}", list.join(", ")))
    })
}
