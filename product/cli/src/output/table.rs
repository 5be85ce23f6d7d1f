//! Rows as a table for people.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_cast::pretty::pretty_format_batches_with_schema;
use arrow_schema::SchemaRef;

use crate::exit::{Failure, Outcome};

/// How many rows are shown; a table is for looking, the formats are for keeping.
const ROWS_MAX: usize = 1000;

/// A table that is printed at the end, since its column widths depend on all its rows.
pub(crate) struct Table {
    schema: SchemaRef,
    shown: Vec<RecordBatch>,
    rows_shown: usize,
    rows: u64,
    out: Box<dyn Write + Send>,
}

impl Table {
    /// A table of rows of `schema`, printed to `out`.
    pub(crate) fn new(schema: &SchemaRef, out: Box<dyn Write + Send>) -> Self {
        Self { schema: schema.clone(), shown: Vec::new(), rows_shown: 0, rows: 0, out }
    }

    /// Takes the rows that will be shown, and counts the others.
    #[expect(clippy::unnecessary_wraps, reason = "a sink's write can fail")]
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Outcome {
        let take = batch.num_rows().min(ROWS_MAX - self.rows_shown);
        if take > 0 {
            self.shown.push(batch.slice(0, take));
            self.rows_shown += take;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Prints the table.
    pub(crate) fn finish(mut self) -> Outcome {
        let table = pretty_format_batches_with_schema(self.schema.clone(), &self.shown)
            .map_err(Failure::local)?;
        writeln!(self.out, "{table}")?;
        let hidden = self.rows - self.rows_shown as u64;
        if hidden > 0 {
            writeln!(self.out, "... and {hidden} rows more")?;
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

    #[test]
    fn rows_beyond_the_limit_are_counted() {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1500));
        let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let out = Shared::default();
        let mut table = Table::new(&batch.schema(), Box::new(out.clone()));
        table.write(&batch).unwrap();
        table.finish().unwrap();
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("| 999 "), "{text}");
        assert!(!text.contains("| 1000 "));
        assert!(text.ends_with("... and 500 rows more\n"));
    }
}
