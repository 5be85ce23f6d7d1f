//! Rows as a table for people.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_cast::pretty::pretty_format_batches_with_schema;
use arrow_schema::SchemaRef;

use super::atomic_file::stdout;
use crate::exit::{Failure, Outcome};

/// How many rows are shown where nobody asked for a number; a table is for looking, the formats
/// are for keeping.
pub(crate) const ROWS_MAX: u64 = 1000;

/// A table that is printed at the end, since its column widths depend on all its rows.
pub(crate) struct Table {
    schema: SchemaRef,
    shown: Vec<RecordBatch>,
    rows_shown: u64,
    rows_max: u64,
    total: Option<u64>,
    out: Box<dyn Write + Send>,
}

impl Table {
    /// A table of at most `rows_max` rows of `schema`, printed to stdout; `total` is how many
    /// there are, where that is known.
    pub(crate) fn new(schema: &SchemaRef, rows_max: u64, total: Option<u64>) -> Self {
        let schema = schema.clone();
        Self { schema, shown: Vec::new(), rows_shown: 0, rows_max, total, out: stdout() }
    }

    /// Takes the rows that will be shown, and one more to know that there are more.
    pub(crate) fn write(&mut self, batch: &RecordBatch) {
        let left = (self.rows_max + 1).saturating_sub(self.rows_shown);
        let take = batch.num_rows().min(usize::try_from(left).unwrap_or(usize::MAX));
        if take > 0 {
            self.shown.push(batch.slice(0, take));
            self.rows_shown += take as u64;
        }
    }

    /// Whether more rows would not be shown.
    pub(crate) fn is_full(&self) -> bool {
        self.rows_shown > self.rows_max
    }

    /// Prints the table.
    pub(crate) fn finish(mut self) -> Outcome {
        if self.is_full()
            && let Some(last) = self.shown.pop()
        {
            self.shown.push(last.slice(0, last.num_rows() - 1));
        }
        let table = pretty_format_batches_with_schema(self.schema.clone(), &self.shown)
            .map_err(Failure::local)?;
        writeln!(self.out, "{table}")?;
        if self.is_full() {
            match self.total.and_then(|total| total.checked_sub(self.rows_max)) {
                Some(more) => writeln!(self.out, "... and {more} rows more")?,
                None => writeln!(self.out, "... and more rows, --limit says how many are shown")?,
            }
        }
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use arrow_array::{ArrayRef, Int64Array};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn printed(rows: i64, total: Option<u64>) -> String {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let out = Shared::default();
        let mut table = Table::new(&batch.schema(), ROWS_MAX, total);
        table.out = Box::new(out.clone());
        table.write(&batch);
        assert_eq!(table.is_full(), rows > 1000);
        table.finish().unwrap();
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn rows_beyond_the_limit_are_counted_where_their_number_is_known() {
        let text = printed(1500, Some(1500));
        assert!(text.contains("| 999 "), "{text}");
        assert!(!text.contains("| 1000 "));
        assert!(text.ends_with("... and 500 rows more\n"));
        assert!(printed(1500, None).contains("... and more rows"));
        assert!(printed(1000, None).ends_with("-+\n"));
    }
}
