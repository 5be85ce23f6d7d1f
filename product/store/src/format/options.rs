//! How text files are read.

use arrow_schema::SchemaRef;

/// How a file is read; every setting but the batch bounds concerns text formats alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// CSV: the first line holds the column names (default). Without, they are `column_1` and on.
    pub header: bool,
    /// CSV: what stands between two values. Default `None`: a tab in `.tsv`, else a comma.
    pub delimiter: Option<u8>,
    /// CSV: what stands for null, beside the empty value which always does. Default none.
    pub null_tokens: Vec<String>,
    /// The content is gzip. Default `None`: told by its first two bytes.
    pub gzip: Option<bool>,
    /// The schema; default `None`: inferred from the beginning of the file.
    pub schema: Option<SchemaRef>,
    /// How many rows inference looks at (default 10 000; at most the first 1 MiB).
    pub infer_rows_max: usize,
    /// The rows of a batch (default 65 536).
    pub batch_rows_max: usize,
    /// The bytes of a batch that the reader aims at (default 4 MiB).
    pub batch_bytes_target: usize,
    /// The schema was inferred from the file before: it is complete, and nobody chose it.
    pub(crate) schema_settled: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            header: true,
            delimiter: None,
            null_tokens: Vec::new(),
            gzip: None,
            schema: None,
            infer_rows_max: 10_000,
            batch_rows_max: 64 * 1024,
            batch_bytes_target: 4 << 20,
            schema_settled: false,
        }
    }
}

impl ReadOptions {
    /// Sets the schema, so that nothing is inferred.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Sets whether the first line of a CSV file holds the column names.
    #[must_use]
    pub fn with_header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// Sets what stands between two values of a CSV file.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// Sets what stands for null in a CSV file, beside the empty value.
    #[must_use]
    pub fn with_null_tokens<T: Into<String>>(
        mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Self {
        self.null_tokens = tokens.into_iter().map(Into::into).collect();
        self
    }
}
