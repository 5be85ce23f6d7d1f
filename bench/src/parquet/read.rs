//! Decoding a file, row group after row group, in batches of the size that the store serves.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use crate::failure::Outcome;
use crate::report::Stopwatch;
use crate::workload::value_bytes;

/// The most rows of a batch, the bytes that it aims at, and what its rows are a multiple of: all
/// three as in the store.
const BATCH_ROWS_MAX: usize = 64 * 1024;
const BATCH_BYTES: usize = 4 << 20;
const BATCH_ROWS_STEP: usize = 512;

/// Decodes all columns of a file, and prints a line for each run.
pub(crate) fn read(file: &Path, runs: u32) -> Outcome {
    for _ in 0..runs {
        let watch = Stopwatch::start();
        let (mut bytes, mut batches, mut first) = (0, 0, None);
        scan(file, |batch| {
            first.get_or_insert_with(|| watch.elapsed());
            bytes += value_bytes(&batch);
            batches += 1;
        })?;
        watch.stop(bytes, batches, first).print()?;
    }
    Ok(())
}

/// All of a file, in memory.
pub(crate) fn load(file: &Path) -> Outcome<(SchemaRef, Vec<RecordBatch>)> {
    let mut batches = Vec::new();
    let schema = scan(file, |batch| batches.push(batch))?;
    Ok((schema, batches))
}

/// Gives every batch of a file to `take`.
fn scan(file: &Path, mut take: impl FnMut(RecordBatch)) -> Outcome<SchemaRef> {
    let file = File::open(file)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    for group in 0..metadata.metadata().num_row_groups() {
        for batch in open(&file, &metadata, group)? {
            take(batch?);
        }
    }
    Ok(metadata.schema().clone())
}

fn open(
    file: &File,
    metadata: &ArrowReaderMetadata,
    group: usize,
) -> Outcome<ParquetRecordBatchReader> {
    let rows = batch_rows(metadata, metadata.metadata().row_group(group));
    let builder =
        ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, metadata.clone());
    Ok(builder.with_row_groups(vec![group]).with_batch_size(rows).build()?)
}

/// How many rows make a batch.
fn batch_rows(metadata: &ArrowReaderMetadata, group: &RowGroupMetaData) -> usize {
    let rows = usize::try_from(group.num_rows()).unwrap_or_default().max(1);
    let descriptor = group.schema_descr();
    let columns = group.columns().iter().enumerate();
    let bytes: usize = columns
        .map(|(leaf, column)| {
            let root = metadata.schema().field(descriptor.get_column_root_idx(leaf));
            fixed_width(root.data_type()).map_or_else(|| decoded(column), |width| width * rows)
        })
        .sum();
    let fit = (BATCH_BYTES / (bytes / rows).max(1)).clamp(1, BATCH_ROWS_MAX);
    if fit > BATCH_ROWS_STEP { fit - fit % BATCH_ROWS_STEP } else { fit }
}

fn fixed_width(data_type: &DataType) -> Option<usize> {
    match data_type {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        other => other.primitive_width(),
    }
}

/// The bytes of a column chunk once decoded, as well as the footer tells.
fn decoded(column: &ColumnChunkMetaData) -> usize {
    let data = column.unencoded_byte_array_data_bytes().unwrap_or_default();
    usize::try_from(column.uncompressed_size().max(data)).unwrap_or_default()
}
