//! One row group of a Parquet file, its columns decoded side by side.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
};

use super::decoders::Decoders;
use super::guard::{arrow_error, guard, parquet_error};
use super::parquet_read::ParquetFile;
use super::source::Source;
use crate::error::StoreError;

/// Lanes for each decoder: more than one, so that the last to finish is not waited for long.
const LANES_PER_DECODER: usize = 4;

/// The most lanes: each has a reader of its own, with what it keeps of the footer.
const LANES_MAX: usize = 16;

/// Decoded bytes that are worth another lane; below, waking somebody costs more than it saves.
const LANE_BYTES_MIN: u64 = 512 * 1024;

/// What a value costs besides its bytes, as bytes: dictionaries make few of many.
const VALUE_COST: u64 = 4;

/// Which rows of a row group, and how many at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRows {
    /// The row group.
    pub(super) group: usize,
    /// The most rows of a batch.
    pub(super) batch: usize,
    /// Rows to pass over.
    pub(super) offset: usize,
    /// The most rows after those, if there is a bound.
    pub(super) limit: Option<usize>,
}

/// A reader of some of the columns; all lanes together read the same rows.
struct Lane {
    source: Source,
    reader: ParquetRecordBatchReader,
}

/// What a lane has read.
type Outcome = Result<Option<RecordBatch>, StoreError>;

/// The columns of a row group in lanes, which whoever is at leisure decodes.
///
/// Columns know nothing of each other, so nothing is decoded twice for it and no more is held than
/// by one reader: the batches come one after the other, as they would from that.
pub(super) struct GroupReader {
    name: Arc<Path>,
    decoders: Option<Decoders>,
    lanes: Vec<Lane>,
    /// For each column its lane and its place in there. Empty with one lane.
    places: Vec<(usize, usize)>,
    schema: SchemaRef,
}

impl GroupReader {
    /// The columns in as many lanes as pay. With a filter all columns depend on the filter's, so
    /// they stay together.
    pub(super) fn open(
        file: &ParquetFile,
        roots: &[usize],
        rows: GroupRows,
        filter: Option<RowFilter>,
        decoders: Option<&Decoders>,
    ) -> Result<Self, StoreError> {
        let name: Arc<Path> = file.name().into();
        let lane = |roots: Vec<usize>, filter: Option<RowFilter>| -> Result<Lane, StoreError> {
            Ok(Lane {
                source: file.source().clone(),
                reader: open_columns(file, roots, rows, filter)?,
            })
        };
        let width = decoders.filter(|_| filter.is_none()).map_or(1, Decoders::width);
        let split = split(&costs(file, roots, rows.group), width);
        if split.len() == 1 {
            let lanes = vec![lane(roots.to_vec(), filter)?];
            let schema = Arc::new(Schema::empty());
            return Ok(Self { name, decoders: None, lanes, places: Vec::new(), schema });
        }
        let mut lanes = Vec::with_capacity(split.len());
        let mut places = vec![(0, 0); roots.len()];
        for (nth, columns) in split.iter().enumerate() {
            lanes.push(lane(
                columns.iter().filter_map(|&at| roots.get(at).copied()).collect(),
                None,
            )?);
            for (at, &column) in columns.iter().enumerate() {
                if let Some(place) = places.get_mut(column) {
                    *place = (nth, at);
                }
            }
        }
        let fields = roots.iter().filter_map(|&root| file.schema().fields().get(root).cloned());
        let metadata = file.schema().metadata().clone();
        let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata));
        Ok(Self { name, decoders: decoders.cloned(), lanes, places, schema })
    }

    /// The next batch, `None` at the end.
    pub(super) fn next(&mut self) -> Outcome {
        let Some(decoders) = &self.decoders else {
            return self.lanes.first_mut().map_or(Ok(None), Lane::next);
        };
        let done = decoders.each(std::mem::take(&mut self.lanes), Lane::next)?;
        let mut parts = Vec::with_capacity(done.len());
        for (lane, outcome) in done {
            self.lanes.push(lane);
            parts.push(outcome?);
        }
        if parts.iter().all(Option::is_none) {
            return Ok(None);
        }
        let column = |&(lane, at): &(usize, usize)| -> Result<ArrayRef, StoreError> {
            let part = parts.get(lane).and_then(Option::as_ref);
            let column = part.and_then(|part| part.columns().get(at));
            let short = || StoreError::corrupt(&self.name, "a column has fewer rows than another");
            column.cloned().ok_or_else(short)
        };
        let columns = self.places.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        batch.map(Some).map_err(|error| arrow_error(&self.name, error))
    }
}

impl Lane {
    fn next(&mut self) -> Outcome {
        let name = self.source.name();
        guard(name, || {
            let next = self.reader.next().transpose();
            next.map_err(|error| self.source.trouble().unwrap_or_else(|| arrow_error(name, error)))
        })
    }
}

/// A reader of some columns.
fn open_columns(
    file: &ParquetFile,
    roots: Vec<usize>,
    rows: GroupRows,
    filter: Option<RowFilter>,
) -> Result<ParquetRecordBatchReader, StoreError> {
    let descriptor = file.metadata().file_metadata().schema_descr();
    let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
        file.source().clone(),
        file.arrow_metadata().clone(),
    )
    .with_row_groups(vec![rows.group])
    .with_projection(ProjectionMask::roots(descriptor, roots))
    .with_batch_size(rows.batch);
    if let Some(filter) = filter {
        builder = builder.with_row_filter(filter);
    }
    if rows.offset > 0 {
        builder = builder.with_offset(rows.offset);
    }
    if let Some(limit) = rows.limit {
        builder = builder.with_limit(limit);
    }
    guard(file.name(), || builder.build().map_err(|error| parquet_error(file.name(), error)))
}

/// What decoding each of the columns costs, about, in bytes.
fn costs(file: &ParquetFile, roots: &[usize], group: usize) -> Vec<u64> {
    let mut costs = vec![0_u64; roots.len()];
    let Some(group) = file.metadata().row_groups().get(group) else { return costs };
    let descriptor = file.metadata().file_metadata().schema_descr();
    for (leaf, chunk) in group.columns().iter().enumerate().take(descriptor.num_columns()) {
        let root = roots.binary_search(&descriptor.get_column_root_idx(leaf)).ok();
        if let Some(cost) = root.and_then(|at| costs.get_mut(at)) {
            let bytes = u64::try_from(chunk.uncompressed_size()).unwrap_or(0);
            let values = u64::try_from(chunk.num_values()).unwrap_or(0);
            *cost = cost.saturating_add(bytes).saturating_add(values.saturating_mul(VALUE_COST));
        }
    }
    costs
}

/// Columns in lanes of about the same cost, the dearest lane first and the columns of each in
/// their order; at least one lane.
fn split(costs: &[u64], decoders: usize) -> Vec<Vec<usize>> {
    let whole = costs.iter().fold(0_u64, |sum, &cost| sum.saturating_add(cost));
    let worth = usize::try_from(whole / LANE_BYTES_MIN).unwrap_or(usize::MAX);
    let wanted = if decoders > 1 { decoders.saturating_mul(LANES_PER_DECODER) } else { 1 };
    let count = wanted.min(LANES_MAX).min(worth).min(costs.len()).max(1);
    let mut lanes: Vec<(u64, Vec<usize>)> = vec![(0, Vec::new()); count];
    let mut order: Vec<(usize, u64)> = costs.iter().copied().enumerate().collect();
    order.sort_by_key(|&(_, cost)| std::cmp::Reverse(cost));
    for (column, cost) in order {
        if let Some((sum, columns)) = lanes.iter_mut().min_by_key(|(sum, _)| *sum) {
            *sum = sum.saturating_add(cost);
            columns.push(column);
        }
    }
    lanes.retain(|(_, columns)| count == 1 || !columns.is_empty());
    lanes.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    let ordered = |(_, mut columns): (u64, Vec<usize>)| {
        columns.sort_unstable();
        columns
    };
    lanes.into_iter().map(ordered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn columns_are_split_evenly_and_the_dearest_lane_is_first() {
        let lanes = split(&[MB, 6 * MB, MB, 2 * MB, 2 * MB], 2);
        assert_eq!(lanes, [vec![1], vec![3], vec![4], vec![0], vec![2]]);
        let lanes = split(&[MB; 20], 2);
        assert_eq!(lanes.len(), 8);
        assert!(lanes.iter().all(|lane| (2..=3).contains(&lane.len())));
        let mut all: Vec<usize> = lanes.into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn one_lane_where_more_do_not_pay() {
        assert_eq!(split(&[MB, MB, MB], 1), [vec![0, 1, 2]]);
        assert_eq!(split(&[1000, 0, 1000], 8), [vec![0, 1, 2]]);
        assert_eq!(split(&[0], 8), [vec![0]]);
        assert_eq!(split(&[], 8), [Vec::<usize>::new()]);
        assert_eq!(split(&[0, u64::MAX, u64::MAX], 8).len(), 3);
    }
}
