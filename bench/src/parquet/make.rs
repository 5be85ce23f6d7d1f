//! A file of a table as people have it: TPC-H's lineitem.

use std::path::Path;

use tpchgen::generators::LineItemGenerator;
use tpchgen_arrow::LineItemArrow;

use super::write::Writer;
use crate::failure::Outcome;
use crate::report::Stopwatch;
use crate::workload::value_bytes;

/// Rows in a batch that is generated; about 2.5 MiB.
const BATCH_ROWS: usize = 16 * 1024;

/// More than any file is to hold. A file is the beginning of the same table, however long.
const SCALE: f64 = 100.0;

/// Writes the first rows, `mib` MiB of Arrow data, as an upload would land.
pub(crate) fn make(file: &Path, mib: u64) -> Outcome {
    let table = LineItemArrow::new(LineItemGenerator::new(SCALE, 1, 1));
    let watch = Stopwatch::start();
    let mut writer = Writer::create(file, LineItemArrow::schema_ref())?;
    let (mut bytes, mut batches) = (0, 0);
    for batch in table.with_batch_size(BATCH_ROWS) {
        let batch = batch?;
        writer.write(&batch)?;
        bytes += value_bytes(&batch);
        batches += 1;
        if bytes >= mib << 20 {
            break;
        }
    }
    writer.finish()?;
    watch.stop(bytes, batches, None).print()
}
