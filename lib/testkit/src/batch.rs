//! Batches with random content.

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;

use crate::{Random, array};

/// A batch of a schema; the same seed gives the same rows.
pub fn batch(schema: &SchemaRef, rows: usize, seed: u64) -> RecordBatch {
    let mut random = Random::new(seed);
    let columns = schema
        .fields()
        .iter()
        .map(|field| array(field.data_type(), rows, field.is_nullable(), &mut random))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).unwrap()
}
