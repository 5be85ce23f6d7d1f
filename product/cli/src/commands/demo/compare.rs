//! Compares two streams of batches row by row, whatever their batch borders.

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ArrowError;

use crate::exit::{Failure, Outcome};

/// What came back, beside what is expected.
pub(super) struct Comparison<R> {
    expected: R,
    pending: Option<RecordBatch>,
    rows: u64,
}

impl<R: RecordBatchReader> Comparison<R> {
    pub(super) fn new(expected: R) -> Self {
        Self { expected, pending: None, rows: 0 }
    }

    /// Compares the next batch that came back.
    pub(super) fn next(&mut self, found: &RecordBatch) -> Outcome {
        let mut offset = 0;
        while offset < found.num_rows() {
            let Some(expected) = self.pending()? else {
                return Err(Failure::local(format_args!("more than {} rows came back", self.rows)));
            };
            let rows = expected.num_rows().min(found.num_rows() - offset);
            let row = self.rows;
            compare(&expected.slice(0, rows), &found.slice(offset, rows))
                .map_err(|column| difference(row, &column))?;
            self.rows += rows as u64;
            offset += rows;
            let left = expected.num_rows() - rows;
            self.pending = (left > 0).then(|| expected.slice(rows, left));
        }
        Ok(())
    }

    /// Checks that nothing is missing at the end.
    pub(super) fn finish(mut self) -> Outcome {
        match self.pending()? {
            None => Ok(()),
            Some(_) => Err(Failure::local(format_args!("only {} rows came back", self.rows))),
        }
    }

    fn pending(&mut self) -> Outcome<Option<RecordBatch>> {
        while self.pending.as_ref().is_none_or(|batch| batch.num_rows() == 0) {
            match self.expected.next() {
                None => return Ok(None),
                Some(batch) => {
                    self.pending = Some(batch.map_err(|e: ArrowError| Failure::local(e))?);
                }
            }
        }
        Ok(self.pending.clone())
    }
}

fn difference(row: u64, column: &str) -> Failure {
    Failure::local(format_args!(
        "what came back differs from what was sent: column {column}, at or after row {row}"
    ))
}

/// The first column in which the batches differ, as the error.
fn compare(expected: &RecordBatch, found: &RecordBatch) -> Result<(), String> {
    if expected.schema().fields() != found.schema().fields() {
        return Err("(the schema)".to_owned());
    }
    for (index, field) in expected.schema().fields().iter().enumerate() {
        if expected.column(index) != found.column(index) {
            return Err(field.name().clone());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatchIterator};

    use super::*;

    fn batch(values: std::ops::Range<i64>) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    fn comparison() -> Comparison<impl RecordBatchReader> {
        let batches = [batch(0..3), batch(3..3), batch(3..10)];
        let schema = batches[0].schema();
        Comparison::new(RecordBatchIterator::new(batches.map(Ok), schema))
    }

    #[test]
    fn other_batch_borders_are_equal() {
        let mut comparison = comparison();
        comparison.next(&batch(0..7)).unwrap();
        comparison.next(&batch(7..10)).unwrap();
        comparison.finish().unwrap();
    }

    #[test]
    fn a_changed_missing_or_added_row_is_found() {
        assert!(comparison().next(&batch(1..4)).is_err());
        let mut short = comparison();
        short.next(&batch(0..9)).unwrap();
        assert!(short.finish().is_err());
        assert!(comparison().next(&batch(0..11)).is_err());
    }
}
