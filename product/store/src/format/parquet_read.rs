//! Reading Parquet: the footer once, then the wanted row groups and columns page by page.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowFilter};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::decoders::Decoders;
use super::groups::GroupList;
use super::guard::{guard, parquet_error};
use super::parquet_group::{GroupReader, GroupRows};
use super::source::{Fetching, Source};
use crate::commit::without_mark;
use crate::error::StoreError;

/// Row groups of more rows than this are filtered batch by batch after decoding: the reader's own
/// filter keeps a selection for the whole row group, whose size nothing else bounds.
pub(crate) const FILTER_ROWS_MAX: i64 = 8 << 20;

/// Batches of whole multiples of this can share their bitmaps when they are split further.
const ROWS_STEP: usize = 512;

/// The bounds of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchBounds {
    /// The most rows.
    pub(crate) rows_max: usize,
    /// The bytes aimed at; at least one row is in a batch whatever its size.
    pub(crate) bytes_target: usize,
}

/// How batches are decoded.
#[derive(Clone, Debug)]
pub(crate) struct Decoding {
    /// The bounds of a batch.
    pub(crate) bounds: BatchBounds,
    /// Who may help; without, a scan stays in its thread.
    pub(crate) decoders: Option<Decoders>,
}

/// A Parquet file with its footer read.
#[derive(Clone, Debug)]
pub(crate) struct ParquetFile {
    source: Source,
    metadata: ArrowReaderMetadata,
    schema: SchemaRef,
}

impl ParquetFile {
    /// Reads the footer.
    pub(crate) fn open(source: Source) -> Result<Self, StoreError> {
        let metadata = guard(source.name(), || {
            ArrowReaderMetadata::load(&source, ArrowReaderOptions::new())
                .map_err(|error| parquet_error(source.name(), error))
        })?;
        let schema = without_mark(metadata.schema());
        Ok(Self { source, metadata, schema })
    }

    /// The Arrow schema: the embedded one where there is one, without the mark of the store.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The footer.
    pub(crate) fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.metadata.metadata()
    }

    /// The same, with what predicates need to look statistics up.
    pub(crate) fn arrow_metadata(&self) -> &ArrowReaderMetadata {
        &self.metadata
    }

    /// The row groups.
    pub(crate) fn groups(&self) -> GroupList {
        let mut list = GroupList::default();
        for group in self.metadata().row_groups() {
            let count = |found: i64| u64::try_from(found).unwrap_or(0);
            list.push(count(group.num_rows()), count(group.compressed_size()));
        }
        list
    }

    /// The rows of the file.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// A value of the footer's key-value metadata.
    pub(crate) fn footer_value(&self, key: &str) -> Option<&str> {
        let pairs = self.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// The same file, with bytes of it in memory.
    fn with_source(&self, source: Source) -> Self {
        Self { source, ..self.clone() }
    }

    /// Starts to read what a row group has of some root columns.
    fn fetch(&self, group: usize, roots: &[usize]) -> Result<Fetching, StoreError> {
        let descriptor = self.metadata().file_metadata().schema_descr();
        let group = self.metadata().row_groups().get(group);
        let chunks = group.into_iter().flat_map(|group| group.columns().iter().enumerate());
        let wanted = chunks.filter(|(leaf, _)| {
            *leaf < descriptor.num_columns()
                && roots.contains(&descriptor.get_column_root_idx(*leaf))
        });
        let ranges = wanted.map(|(_, chunk)| {
            let (at, len) = chunk.byte_range();
            at..at.saturating_add(len)
        });
        self.source.fetch(ranges.collect())
    }

    /// The file itself.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// What errors call the file.
    pub(crate) fn name(&self) -> &Path {
        self.source.name()
    }
}

/// Makes the reader's filter for one row group; filters cannot be cloned.
pub(crate) type MakeFilter = Box<dyn Fn() -> RowFilter + Send>;

/// What of a Parquet file is wanted.
pub(crate) struct ParquetWanted {
    /// The root columns, as indices into the file's schema, ascending.
    pub(crate) roots: Vec<usize>,
    /// The row groups, ascending.
    pub(crate) row_groups: Vec<usize>,
    /// A filter that the reader applies while decoding.
    pub(crate) filter: Option<MakeFilter>,
    /// The root columns that the filter looks at.
    pub(crate) filtered: Vec<usize>,
    /// Rows to pass over; only without a filter.
    pub(crate) offset: u64,
    /// The most rows that matter, if there is a bound.
    pub(crate) limit: Option<u64>,
    /// How it is decoded.
    pub(crate) decoding: Decoding,
}

/// The batches of a Parquet file, a row group after the other.
///
/// Each row group has a reader of its own, so that neither a filter's selection nor an offset is
/// worked out for the whole file before its first row.
pub(crate) struct ParquetScan {
    file: ParquetFile,
    wanted: ParquetWanted,
    next_group: usize,
    current: Option<GroupReader>,
    /// The row group after the current one, on its way into memory.
    coming: Option<(usize, Fetching)>,
    failed: bool,
}

impl ParquetScan {
    /// Starts a scan; nothing is read before the first batch is asked for.
    pub(crate) fn new(file: ParquetFile, wanted: ParquetWanted) -> Self {
        Self { file, wanted, next_group: 0, current: None, coming: None, failed: false }
    }

    /// Opens the next row group that holds a row past the offset; false at the end.
    fn open_next_group(&mut self) -> Result<bool, StoreError> {
        while let Some(&group) = self.wanted.row_groups.get(self.next_group) {
            self.next_group += 1;
            if self.wanted.limit == Some(0) {
                return Ok(false);
            }
            let rows = group_rows(self.file.metadata(), group);
            if self.wanted.offset >= rows {
                self.wanted.offset -= rows;
                continue;
            }
            self.current = Some(self.open_group(group)?);
            return Ok(true);
        }
        Ok(false)
    }

    /// A reader of one row group.
    fn open_group(&mut self, group: usize) -> Result<GroupReader, StoreError> {
        let wanted = &mut self.wanted;
        let metadata = self.file.metadata();
        let descriptor = metadata.file_metadata().schema_descr();
        let mask = ProjectionMask::roots(descriptor, wanted.roots.clone());
        let rows = GroupRows {
            group,
            batch: batch_rows(&self.file, group, &mask, wanted.decoding.bounds),
            offset: to_usize(std::mem::take(&mut wanted.offset)),
            limit: wanted.limit.map(to_usize),
        };
        let filter = wanted.filter.as_ref().map(|make| make());
        let file = self.fetched(group)?;
        let decoders = self.wanted.decoding.decoders.as_ref();
        GroupReader::open(&file, &self.wanted.roots, rows, filter, decoders)
    }

    /// The file with a row group in memory, where that saves requests; the next one is on its way.
    fn fetched(&mut self, group: usize) -> Result<ParquetFile, StoreError> {
        let mut roots = [&self.wanted.roots[..], &self.wanted.filtered].concat();
        roots.sort_unstable();
        roots.dedup();
        let fetching = match self.coming.take() {
            Some((coming, fetching)) if coming == group => fetching,
            _ => self.file.fetch(group, &roots)?,
        };
        let source = fetching.wait()?;
        if let Some(&next) = self.wanted.row_groups.get(self.next_group)
            && self.wanted.limit.is_none()
        {
            self.coming = Some((next, self.file.fetch(next, &roots)?));
        }
        Ok(self.file.with_source(source))
    }

    /// The next batch, `None` at the end.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        loop {
            let Some(reader) = &mut self.current else {
                if self.open_next_group()? {
                    continue;
                }
                return Ok(None);
            };
            let Some(batch) = reader.next()? else {
                self.current = None;
                continue;
            };
            if let Some(limit) = &mut self.wanted.limit {
                *limit = limit.saturating_sub(batch.num_rows() as u64);
            }
            return Ok(Some(batch));
        }
    }
}

impl Iterator for ParquetScan {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// The rows of a row group.
pub(crate) fn group_rows(metadata: &ParquetMetaData, group: usize) -> u64 {
    let rows = metadata.row_groups().get(group).map_or(0, |group| group.num_rows());
    u64::try_from(rows).unwrap_or(0)
}

/// How many rows of a row group make a batch of about the wanted size.
fn batch_rows(
    file: &ParquetFile,
    group: usize,
    mask: &ProjectionMask,
    bounds: BatchBounds,
) -> usize {
    let Some(group) = file.metadata().row_groups().get(group) else { return bounds.rows_max };
    let rows = u64::try_from(group.num_rows()).unwrap_or(0).max(1);
    let descriptor = file.metadata().file_metadata().schema_descr();
    let mut bytes = 0_u64;
    for (leaf, column) in group.columns().iter().enumerate() {
        if leaf < descriptor.num_columns() && mask.leaf_included(leaf) {
            let root = file.schema().fields().get(descriptor.get_column_root_idx(leaf));
            let width = root.and_then(|field| fixed_width(field.data_type()));
            let fixed = width.map(|width| width.saturating_mul(rows));
            bytes = bytes.saturating_add(fixed.unwrap_or_else(|| column_bytes(column)));
        }
    }
    let width = to_usize(bytes / rows).max(1);
    let fit = (bounds.bytes_target / width).clamp(1, bounds.rows_max.max(1));
    if fit > ROWS_STEP { fit - fit % ROWS_STEP } else { fit }
}

/// The bytes of a column chunk once decoded, as well as the footer tells.
fn column_bytes(column: &ColumnChunkMetaData) -> u64 {
    let encoded = column.uncompressed_size();
    let decoded = column.unencoded_byte_array_data_bytes().unwrap_or(0);
    u64::try_from(encoded.max(decoded)).unwrap_or(0)
}

/// The bytes of one value of a type whose values all have the same.
fn fixed_width(data_type: &DataType) -> Option<u64> {
    match data_type {
        DataType::FixedSizeBinary(width) => u64::try_from(*width).ok(),
        other => other.primitive_width().map(|width| width as u64),
    }
}

/// Saturating, for machines whose `usize` is smaller.
fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
