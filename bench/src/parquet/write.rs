//! Writing a file with the settings that an upload lands with, synced before it counts.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::read::load;
use crate::failure::Outcome;
use crate::report::Stopwatch;
use crate::workload::value_bytes;

/// The bounds of a row group, the level of compression, and how much the writer gets at once: as
/// in the store.
const ROW_GROUP_ROWS: usize = 1 << 20;
const ROW_GROUP_BYTES: usize = 64 << 20;
const ZSTD_LEVEL: i32 = 3;
const STEP_BYTES: usize = 8 << 20;
const STEP_ROWS: std::ops::RangeInclusive<usize> = 64..=16 * 1024;

/// Writes what a file holds, from memory, and prints a line for each run.
pub(crate) fn write(input: &Path, output: &Path, runs: u32) -> Outcome {
    let (schema, batches) = load(input)?;
    let bytes = batches.iter().map(value_bytes).sum();
    for _ in 0..runs {
        let watch = Stopwatch::start();
        let mut writer = Writer::create(output, schema.clone())?;
        for batch in &batches {
            writer.write(batch)?;
        }
        writer.finish()?;
        watch.stop(bytes, batches.len() as u64, None).print()?;
    }
    Ok(())
}

/// A file that takes its place when it is complete.
pub(super) struct Writer<'a> {
    output: &'a Path,
    file: File,
    encoder: ArrowWriter<File>,
}

impl<'a> Writer<'a> {
    pub(super) fn create(output: &'a Path, schema: SchemaRef) -> Outcome<Self> {
        let file = File::create(draft(output))?;
        let encoder = ArrowWriter::try_new(file.try_clone()?, schema, Some(properties()?))?;
        Ok(Self { output, file, encoder })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Outcome {
        let row_bytes = batch.get_array_memory_size() / batch.num_rows().max(1);
        let step = (STEP_BYTES / row_bytes.max(1)).clamp(*STEP_ROWS.start(), *STEP_ROWS.end());
        for from in (0..batch.num_rows()).step_by(step) {
            self.encoder.write(&batch.slice(from, step.min(batch.num_rows() - from)))?;
        }
        Ok(())
    }

    /// On the disk, then in its place, then the place on the disk.
    pub(super) fn finish(self) -> Outcome {
        self.encoder.close()?;
        self.file.sync_all()?;
        std::fs::rename(draft(self.output), self.output)?;
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
        Ok(())
    }
}

/// Where the file is until it is complete.
fn draft(output: &Path) -> std::path::PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn properties() -> Outcome<WriterProperties> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::Page)
        .build())
}
