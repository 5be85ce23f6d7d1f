//! Reading one file of a dataset: what is pushed into the reader, and how its batches become
//! batches of the dataset.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::new_null_array;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, RowFilter};

use super::bind::{Bound, and};
use super::nested::conform;
use super::prune;
use super::resolve::Resolved;
use crate::catalog::Part;
use crate::error::StoreError;
use crate::format::{
    Batches, Decoding, FILTER_ROWS_MAX, Opened, ParquetFile, ParquetScan, ParquetWanted, Source,
    arrow_error, guard,
};

/// The rows of a part that matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Rows to pass over.
    pub(crate) skip: u64,
    /// The most rows after those, if there is a bound.
    pub(crate) left: Option<u64>,
}

/// An open part.
pub(crate) struct OpenPart {
    /// Its batches, filtered and with the dataset's columns.
    pub(crate) batches: Batches,
    /// What of the window remains for the caller to pass over.
    pub(crate) skip: u64,
}

/// Starts to read a part, which has this place in its dataset.
pub(crate) fn open(
    source: Source,
    (at, part): (usize, &Part),
    resolved: &Resolved,
    window: Window,
    decoding: &Decoding,
) -> Result<OpenPart, StoreError> {
    let mut options = part.facts.options.clone();
    options.batch_rows_max = decoding.bounds.rows_max;
    options.batch_bytes_target = decoding.bounds.bytes_target;
    options.schema = options.schema.map(|schema| widened(&schema, resolved.dataset.schema()));
    let opened = Opened::open(source, resolved.dataset.format(), &options)?;
    let schema = opened.schema().clone();
    let Some(predicates) = bind(resolved, &schema)? else {
        return Ok(OpenPart { batches: Box::new(std::iter::empty()), skip: window.skip });
    };
    let sources = sources(resolved, part, &schema);
    let mut wanted: Vec<usize> = sources.iter().filter_map(ColumnSource::file_column).collect();
    let (batches, present, skip, left_over): (Batches, _, _, _) = match opened {
        Opened::Stream(_, batches) => {
            (batches, (0..schema.fields().len()).collect(), window.skip, predicates)
        }
        Opened::IpcFile(mut file) => {
            file.keep(resolved.groups(at));
            wanted.extend(columns_of(&predicates, &schema));
            ascending(&mut wanted);
            let batches = file.scan(Some(wanted.clone()))?;
            (Box::new(batches), wanted, window.skip, predicates)
        }
        Opened::Parquet(file) => {
            let pushed = push_down(&file, &predicates);
            if !pushed {
                wanted.extend(columns_of(&predicates, &schema));
            }
            ascending(&mut wanted);
            let skip = if predicates.is_empty() { 0 } else { window.skip };
            let mut row_groups = prune::row_groups(&file, &predicates);
            row_groups.retain(|group| resolved.groups(at).contains(group));
            let groups = ParquetParts { roots: &wanted, row_groups };
            let scan = parquet(file, &predicates, pushed, groups, window, decoding);
            (Box::new(scan), wanted, skip, if pushed { Vec::new() } else { predicates })
        }
    };
    let adapter = Adapter {
        path: part.path.clone(),
        filter: positions(left_over, &schema, &present),
        sources: sources.into_iter().map(|source| source.at(&present)).collect(),
        schema: resolved.schema.clone(),
    };
    let batches = batches.map(move |batch| batch.and_then(|batch| adapter.adapt(batch)));
    Ok(OpenPart { batches: Box::new(batches), skip })
}

/// A text file's schema with the types that the dataset has settled on.
fn widened(schema: &Schema, dataset: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let wide = dataset.fields().iter().find(|wide| wide.name() == field.name());
        wide.unwrap_or(field).clone()
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Binds the conditions to the file's columns; `None` when a column that it lacks, and which so is
/// null, rules the whole file out.
fn bind(resolved: &Resolved, schema: &Schema) -> Result<Option<Vec<Bound>>, StoreError> {
    let mut bound = Vec::with_capacity(resolved.predicates.len());
    for predicate in &resolved.predicates {
        // By the dataset's type: the file's own may be narrower, as a date or nothing but null.
        let field = resolved.dataset.schema().field_with_name(&predicate.column);
        let field = field.map_err(|error| StoreError::request(error.to_string()))?;
        let condition = Bound::new(predicate, field)?;
        if schema.index_of(&predicate.column).is_ok() {
            bound.push(condition);
        } else if !condition.met_by_null() {
            return Ok(None);
        }
    }
    Ok(Some(bound))
}

/// The columns of conditions.
fn columns_of(predicates: &[Bound], schema: &Schema) -> Vec<usize> {
    predicates.iter().filter_map(|bound| schema.index_of(&bound.column).ok()).collect()
}

/// Sorts, each once.
fn ascending(columns: &mut Vec<usize>) {
    columns.sort_unstable();
    columns.dedup();
}

/// Conditions with the positions of their columns in the batches.
fn positions(predicates: Vec<Bound>, schema: &Schema, present: &[usize]) -> Vec<(usize, Bound)> {
    let place = |bound: Bound| {
        let column = schema.index_of(&bound.column).ok()?;
        Some((present.binary_search(&column).ok()?, bound))
    };
    predicates.into_iter().filter_map(place).collect()
}

/// Whether the Parquet reader itself may filter.
fn push_down(file: &ParquetFile, predicates: &[Bound]) -> bool {
    let groups = file.metadata().row_groups();
    !predicates.is_empty() && groups.iter().all(|group| group.num_rows() <= FILTER_ROWS_MAX)
}

/// Which columns and row groups of a Parquet file are read.
struct ParquetParts<'a> {
    roots: &'a [usize],
    row_groups: Vec<usize>,
}

/// Scans a Parquet file.
fn parquet(
    file: ParquetFile,
    predicates: &[Bound],
    pushed: bool,
    parts: ParquetParts<'_>,
    window: Window,
    decoding: &Decoding,
) -> ParquetScan {
    let plain = predicates.is_empty();
    let schema = file.schema().clone();
    let descriptor = file.metadata().file_metadata().schema_descr_ptr();
    let filters: Vec<(usize, Bound)> = predicates
        .iter()
        .filter_map(|bound| Some((schema.index_of(&bound.column).ok()?, bound.clone())))
        .collect();
    let filtered = filters.iter().filter(|_| pushed).map(|(root, _)| *root).collect();
    let filter = pushed.then(|| {
        let make = move || {
            let one = |(root, bound): &(usize, Bound)| -> Box<dyn ArrowPredicate> {
                let bound = bound.clone();
                let mask = ProjectionMask::roots(&descriptor, [*root]);
                Box::new(ArrowPredicateFn::new(mask, move |batch: RecordBatch| {
                    bound.evaluate(batch.columns().first().ok_or_else(no_column)?)
                }))
            };
            RowFilter::new(filters.iter().map(one).collect())
        };
        Box::new(make) as Box<dyn Fn() -> RowFilter + Send>
    });
    let wanted = ParquetWanted {
        roots: parts.roots.to_vec(),
        row_groups: parts.row_groups,
        filter,
        filtered,
        offset: if plain { window.skip } else { 0 },
        limit: window
            .left
            .filter(|_| plain || pushed)
            .map(|left| left.saturating_add(if plain { 0 } else { window.skip })),
        decoding: decoding.clone(),
    };
    ParquetScan::new(file, wanted)
}

/// The error for a reader that hands a filter no column.
fn no_column() -> ArrowError {
    ArrowError::ComputeError("the filter's column is missing".to_owned())
}

/// Where a column of the outcome comes from.
#[derive(Clone, Debug)]
enum ColumnSource {
    /// A column of the file: its index, and once placed its position in the batches.
    File(usize, DataType),
    /// The name of a folder: an array of one value.
    Key(ArrayRef),
    /// Nowhere: the file is older than the column.
    Absent(DataType),
}

impl ColumnSource {
    /// The index of the file's column.
    fn file_column(&self) -> Option<usize> {
        match self {
            Self::File(at, _) => Some(*at),
            _ => None,
        }
    }

    /// The same with the position in batches of these columns.
    fn at(self, present: &[usize]) -> Self {
        match self {
            Self::File(at, data_type) => match present.binary_search(&at) {
                Ok(at) => Self::File(at, data_type),
                Err(_) => Self::Absent(data_type),
            },
            other => other,
        }
    }

    /// The column itself.
    fn column(&self, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::File(at, data_type) => {
                let column = batch.columns().get(*at).ok_or_else(no_column)?;
                conform(column, data_type)
            }
            Self::Key(value) => take(value, &UInt32Array::from(vec![0; batch.num_rows()]), None),
            Self::Absent(data_type) => Ok(new_null_array(data_type, batch.num_rows())),
        }
    }
}

/// Where every column of the outcome comes from.
fn sources(resolved: &Resolved, part: &Part, file: &Schema) -> Vec<ColumnSource> {
    let dataset = resolved.dataset.schema();
    let own: Vec<usize> = (0..dataset.fields().len())
        .filter(|&column| resolved.dataset.key(column).is_none())
        .collect();
    // With the same columns, places are surer than names: a name may stand twice.
    let same = own.len() == file.fields().len()
        && own.iter().zip(file.fields()).all(|(&at, b)| dataset.field(at).name() == b.name());
    let source = |at: &usize| {
        let field = dataset.field(*at);
        let data_type = field.data_type().clone();
        if let Some(key) = resolved.dataset.key(*at) {
            let value = part.keys.get(key);
            return value.map_or(ColumnSource::Absent(data_type), |v| ColumnSource::Key(v.clone()));
        }
        let place = own.iter().position(|column| column == at);
        let found = if same { place } else { file.index_of(field.name()).ok() };
        match found {
            Some(at) => ColumnSource::File(at, data_type),
            None => ColumnSource::Absent(data_type),
        }
    };
    resolved.columns.iter().map(source).collect()
}

/// Makes batches of a file batches of the dataset.
struct Adapter {
    path: PathBuf,
    /// The conditions that the reader did not apply, with the positions of their columns.
    filter: Vec<(usize, Bound)>,
    sources: Vec<ColumnSource>,
    schema: SchemaRef,
}

impl Adapter {
    /// Filters, projects, casts and fills in.
    fn adapt(&self, batch: RecordBatch) -> Result<RecordBatch, StoreError> {
        guard(&self.path, || self.convert(batch).map_err(|error| arrow_error(&self.path, error)))
    }

    fn convert(&self, mut batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut met: Option<BooleanArray> = None;
        for (at, bound) in &self.filter {
            let one = bound.evaluate(batch.columns().get(*at).ok_or_else(no_column)?)?;
            met = Some(match met {
                Some(met) => and(&met, &one),
                None => one,
            });
        }
        if let Some(met) = met {
            batch = filter_record_batch(&batch, &met)?;
        }
        let columns = self.sources.iter().map(|source| source.column(&batch));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)
    }
}
