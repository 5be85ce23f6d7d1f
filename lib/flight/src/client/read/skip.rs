//! [`Skip`]: passes over rows that were delivered before.

use crate::FlightStreamChunk;

/// Passes over the first rows of an endpoint that is read again, wherever its batches end.
#[derive(Debug, Default)]
pub(super) struct Skip {
    rows: u64,
    /// Whether nothing new has come yet. Until then messages without rows are old as well.
    is_repeating: bool,
}

impl Skip {
    /// Passes over so many rows.
    pub(super) fn rows(rows: u64) -> Self {
        Self { rows, is_repeating: true }
    }

    /// What is new in a chunk. What is left of a batch keeps none of its metadata, which came with
    /// its first rows.
    pub(super) fn apply(&mut self, chunk: FlightStreamChunk) -> Option<FlightStreamChunk> {
        if !self.is_repeating {
            return Some(chunk);
        }
        let batch = chunk.data.as_ref()?;
        let rows = batch.num_rows();
        let old = usize::try_from(self.rows).unwrap_or(usize::MAX).min(rows);
        self.rows -= old as u64;
        if old == rows {
            return None;
        }
        self.is_repeating = false;
        match old {
            0 => Some(chunk),
            _ => Some(batch.slice(old, rows - old).into()),
        }
    }

    /// How many rows have not come yet that were delivered before.
    pub(super) fn rows_left(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;

    fn batch(range: std::ops::Range<i64>) -> FlightStreamChunk {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
        RecordBatch::try_from_iter([("id", column)]).unwrap().into()
    }

    #[test]
    fn rows_are_counted_across_batches() {
        let mut skip = Skip::rows(5);
        assert_eq!(skip.apply(FlightStreamChunk::metadata("old")), None);
        assert_eq!(skip.apply(batch(0..3).with_metadata("a")), None);
        assert_eq!(skip.rows_left(), 2);
        assert_eq!(skip.apply(batch(3..7).with_metadata("b")), Some(batch(5..7)));
        assert_eq!(skip.rows_left(), 0);
        let new = batch(7..9).with_metadata("c");
        assert_eq!(skip.apply(new.clone()), Some(new));
    }

    #[test]
    fn a_border_at_the_very_row() {
        let mut skip = Skip::rows(3);
        assert_eq!(skip.apply(batch(0..3)), None);
        assert_eq!(skip.apply(FlightStreamChunk::metadata("old")), None);
        let new = batch(3..4).with_metadata("new");
        assert_eq!(skip.apply(new.clone()), Some(new));
        assert_eq!(Skip::default().apply(batch(0..1)), Some(batch(0..1)));
    }
}
