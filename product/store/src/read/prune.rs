//! Row groups that cannot hold a row that meets the filter, by their statistics.

use arrow_array::{Array, ArrayRef, BooleanArray, Datum, UInt64Array};
use arrow_buffer::BooleanBuffer;
use arrow_ord::cmp;
use arrow_schema::ArrowError;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::RowGroupMetaData;
use tracing::debug;

use super::bind::Bound;
use super::float::{not_a_number, ordered};
use super::literal::cast_strictly;
use super::predicate::Operator;
use crate::format::{ParquetFile, group_rows, guard};

/// The row groups that may hold rows that meet every predicate.
///
/// Statistics that are missing, or that the format's older versions got wrong, rule nothing out;
/// neither does an error in reading them, since the filter itself runs all the same.
pub(crate) fn row_groups(file: &ParquetFile, predicates: &[Bound]) -> Vec<usize> {
    let groups = file.metadata().row_groups();
    let mut keep = vec![true; groups.len()];
    for predicate in predicates {
        let ruled = guard(file.name(), || Ok(possible(file, predicate, groups)));
        match ruled {
            Ok(Ok(Some(possible))) => {
                for (keep, possible) in keep.iter_mut().zip(&possible) {
                    *keep &= possible;
                }
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => debug!(file = %file.name().display(), %error, "no statistics"),
            Err(error) => debug!(%error, "no statistics"),
        }
    }
    let keep = keep.into_iter().enumerate();
    let some = |group: &usize| group_rows(file.metadata(), *group) > 0;
    keep.filter_map(|(group, keep)| keep.then_some(group)).filter(some).collect()
}

/// For each row group whether it may hold a match; `None` where nothing can be said.
fn possible(
    file: &ParquetFile,
    predicate: &Bound,
    groups: &[RowGroupMetaData],
) -> Result<Option<BooleanBuffer>, ArrowError> {
    let metadata = file.arrow_metadata();
    let statistics = StatisticsConverter::try_new(
        &predicate.column,
        metadata.schema(),
        metadata.parquet_schema(),
    )?;
    let Some(column) = statistics.parquet_column_index() else { return Ok(None) };
    let rows = groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(u64::MAX));
    let rows = UInt64Array::from(rows.collect::<Vec<_>>());
    let statistics = statistics.with_missing_null_counts_as_zero(false);
    match predicate.operator {
        Operator::IsNull => {
            let nulls = statistics.row_group_null_counts(groups)?;
            let some = cmp::gt(&nulls, &UInt64Array::new_scalar(0))?;
            return Ok(Some(or_unknown(&some)));
        }
        Operator::IsNotNull => {
            let nulls = statistics.row_group_null_counts(groups)?;
            return Ok(Some(or_unknown(&cmp::lt(&nulls, &rows)?)));
        }
        _ => {}
    }
    let trusted = groups.iter().all(|group| {
        let statistics = group.columns().get(column).and_then(|chunk| chunk.statistics());
        statistics.is_none_or(|statistics| !statistics.is_min_max_deprecated())
    });
    if !trusted {
        return Ok(None);
    }
    let mins = statistics.row_group_mins(groups)?;
    let maxes = statistics.row_group_maxes(groups)?;
    // Casts to wider types keep the order.
    let mins = ordered(&cast_strictly(&mins, &predicate.compare_type)?)?;
    let maxes = ordered(&cast_strictly(&maxes, &predicate.compare_type)?)?;
    within(predicate, &mins, &maxes)
}

/// For each pair of least and greatest value whether a match may lie between them.
pub(crate) fn within(
    predicate: &Bound,
    mins: &ArrayRef,
    maxes: &ArrayRef,
) -> Result<Option<BooleanBuffer>, ArrowError> {
    let mut any: Option<BooleanBuffer> = None;
    for literal in &predicate.literals {
        // Not-a-number is in no statistics.
        if not_a_number(literal.get().0).has_true() {
            return Ok(None);
        }
        let low = || cmp::lt_eq(mins, literal).map(|met| or_unknown(&met));
        let high = || cmp::gt_eq(maxes, literal).map(|met| or_unknown(&met));
        let one = match predicate.operator {
            Operator::Eq | Operator::In => &low()? & &high()?,
            Operator::Lt => or_unknown(&cmp::lt(mins, literal)?),
            Operator::Gt => or_unknown(&cmp::gt(maxes, literal)?),
            Operator::LtEq => low()?,
            Operator::GtEq => high()?,
            _ => return Ok(None),
        };
        any = Some(match any {
            Some(any) => &any | &one,
            None => one,
        });
    }
    Ok(any)
}

/// The values with unknown ones made true: they rule nothing out.
pub(crate) fn or_unknown(met: &BooleanArray) -> BooleanBuffer {
    match met.nulls() {
        Some(nulls) => met.values() | &!nulls.inner(),
        None => met.values().clone(),
    }
}
