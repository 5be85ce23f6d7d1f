//! Files that cannot hold a row that meets a filter, by the statistics in the log: they are never
//! opened.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use tracing::debug;

use super::table::Table;
use crate::read::{Bound, Operator, cast_strictly, or_unknown, ordered, within};

/// How much a greatest value may be above the one in the log: writers keep milliseconds of times.
const TIME_SLACK_MICROSECONDS: i64 = 999;

impl Table {
    /// For each part whether it may hold rows that meet every condition. What the log does not
    /// tell rules nothing out.
    pub(crate) fn possible(&self, conditions: &[Bound]) -> Vec<bool> {
        let mut keep = vec![true; self.parts().len()];
        if conditions.is_empty() {
            return keep;
        }
        let Some(statistics) = self.statistics() else { return keep };
        for condition in conditions {
            match possible(statistics, condition) {
                Ok(Some(possible)) => {
                    for (keep, &row) in keep.iter_mut().zip(self.rows_in_log()) {
                        *keep &= row >= possible.len() || possible.value(row);
                    }
                }
                Ok(None) => {}
                Err(error) => debug!(table = %self.path().display(), %error, "no statistics"),
            }
        }
        keep
    }

    /// One row for each file: `min.x`, `max.x`, `null_count.x` and `num_records`.
    fn statistics(&self) -> Option<&RecordBatch> {
        let read = || match self.state().add_actions_table(true) {
            Ok(table) if table.num_rows() == self.parts().len() => Some(table),
            Ok(_) => None,
            Err(error) => {
                debug!(table = %self.path().display(), %error, "no statistics");
                None
            }
        };
        self.statistics.get_or_init(read).as_ref()
    }
}

/// For each file whether it may hold a match; `None` where nothing can be said.
fn possible(
    statistics: &RecordBatch,
    condition: &Bound,
) -> Result<Option<BooleanBuffer>, ArrowError> {
    let column = |kind: &str| {
        // A column of a nested one bears its parent's name; names with dots are ambiguous here.
        let plain = !condition.column.contains('.');
        let name = format!("{kind}.{}", condition.column);
        plain.then(|| statistics.column_by_name(&name).cloned()).flatten()
    };
    match condition.operator {
        Operator::IsNull => {
            let Some(nulls) = column("null_count") else { return Ok(None) };
            return Ok(Some(or_unknown(&cmp::gt(&nulls, &Int64Array::new_scalar(0))?)));
        }
        Operator::IsNotNull => {
            let rows = statistics.column_by_name("num_records").cloned();
            let (Some(nulls), Some(rows)) = (column("null_count"), rows) else { return Ok(None) };
            return Ok(Some(or_unknown(&cmp::lt(&nulls, &rows)?)));
        }
        _ => {}
    }
    let (Some(mins), Some(maxes)) = (column("min"), column("max")) else { return Ok(None) };
    let maxes = rounded_up(&maxes)?;
    let mins = ordered(&cast_strictly(&mins, &condition.compare_type)?)?;
    let maxes = ordered(&cast_strictly(&maxes, &condition.compare_type)?)?;
    within(condition, &mins, &maxes)
}

/// Greatest values that no value of the file is above.
fn rounded_up(maxes: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let DataType::Timestamp(TimeUnit::Microsecond, _) = maxes.data_type() else {
        return Ok(maxes.clone());
    };
    let numbers = cast_strictly(maxes, &DataType::Int64)?;
    let numbers = arrow_array::cast::as_primitive_array::<arrow_array::types::Int64Type>(&numbers);
    let raised: Int64Array = numbers.unary(|value| value.saturating_add(TIME_SLACK_MICROSECONDS));
    cast_strictly(&(Arc::new(raised) as ArrayRef), maxes.data_type())
}
