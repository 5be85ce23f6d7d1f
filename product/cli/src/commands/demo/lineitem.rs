//! The data of the demo: TPC-H lineitem, generated batch by batch.

use arrow_schema::SchemaRef;
use tpchgen::generators::LineItemGenerator;
use tpchgen_arrow::LineItemArrow;

/// Rows in a batch; about 2.5 MiB of Arrow data.
const BATCH_ROWS: usize = 16 * 1024;

/// lineitem at a scale factor; the same factor gives the same rows.
pub(super) fn generate(scale: f64) -> LineItemArrow {
    LineItemArrow::new(LineItemGenerator::new(scale, 1, 1)).with_batch_size(BATCH_ROWS)
}

/// The schema of lineitem.
pub(super) fn schema() -> SchemaRef {
    LineItemArrow::schema_ref()
}
