//! The files of an upload to a table, while they are written: one, or one for each partition.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::take::take_record_batch;
use uuid::Uuid;

use super::layout::Layout;
use super::partition::{folder_name, texts};
use super::statistics::statistics;
use crate::commit::{Draft, Writing};
use crate::write::{FileWriter, WriteOptions};
use crate::{Format, StoreError};

/// How many partitions are written at once. Each holds a row group in memory; one that comes again
/// after it was closed gets a further file.
const OPEN_MAX: usize = 32;
/// The most bytes of a row group where there are partitions.
const PARTITION_GROUP_BYTES: usize = 8 << 20;

/// An upload to a table. Dropped, it leaves nothing behind.
pub(crate) struct TableUpload {
    writing: Arc<Writing>,
    layout: Layout,
    in_files: SchemaRef,
    options: WriteOptions,
    partitions: Option<RowConverter>,
    open: HashMap<Box<[u8]>, OpenFile>,
    closed: Vec<NewFile>,
    /// Counts batches, to tell which partition has rested longest.
    batches: u64,
}

/// A file under way.
struct OpenFile {
    // Before the draft, so that the file is closed when it is removed.
    writer: FileWriter,
    draft: Draft,
    values: Vec<Option<String>>,
    used: u64,
}

/// A synced file in the staging area.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) draft: Draft,
    /// The value of each partition column.
    pub(super) values: Vec<Option<String>>,
    /// The folders between the table's and the file, with a slash at the end; or nothing.
    pub(super) folder: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// What the log says of its columns, as JSON.
    pub(super) statistics: String,
}

/// All files of an upload.
#[derive(Debug)]
pub(crate) struct FinishedTable {
    pub(crate) files: Vec<NewFile>,
    pub(crate) layout: Layout,
}

impl FinishedTable {
    /// Rows in all files.
    pub(crate) fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl fmt::Debug for TableUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layout, closed, .. } = self;
        f.debug_struct("TableUpload").field("layout", layout).field("closed", closed).finish()
    }
}

impl TableUpload {
    /// Begins an upload.
    pub(crate) fn new(
        writing: &Arc<Writing>,
        layout: Layout,
        options: &WriteOptions,
    ) -> Result<Self, StoreError> {
        let in_files = layout.in_files();
        let mut options = options.clone();
        let mut partitions = None;
        if !layout.partitions().is_empty() {
            options.row_group_bytes = options.row_group_bytes.min(PARTITION_GROUP_BYTES);
            let types = layout.partitions().iter().map(|&at| layout.plain().field(at).data_type());
            let fields = types.map(|data_type| SortField::new(data_type.clone())).collect();
            partitions = Some(RowConverter::new(fields).map_err(refused)?);
        }
        let mut upload = Self {
            writing: writing.clone(),
            layout,
            in_files,
            options,
            partitions,
            open: HashMap::new(),
            closed: Vec::new(),
            batches: 0,
        };
        if upload.partitions.is_none() {
            // So that what the disk or the format refuses is refused before the first batch.
            let file = upload.begin(Vec::new())?;
            upload.open.insert(Box::default(), file);
        }
        Ok(upload)
    }

    /// Writes one batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let batch = self.layout.convert(batch)?;
        self.batches += 1;
        if self.partitions.is_none() {
            return self.write_to(Box::default(), &batch, Vec::new);
        }
        let keys = self.layout.partitions().iter().map(|&at| batch.column(at).clone());
        let keys: Vec<ArrayRef> = keys.collect();
        let names = self.layout.partitions().iter().map(|&at| self.layout.plain().field(at).name());
        let texts: Vec<_> = keys
            .iter()
            .zip(names)
            .map(|(column, name)| texts(name, column))
            .collect::<Result<_, StoreError>>()?;
        let Some(converter) = &self.partitions else { return Ok(()) };
        let converted = converter.convert_columns(&keys).map_err(refused)?;
        let mut groups: HashMap<Box<[u8]>, Vec<u32>> = HashMap::new();
        for (row, key) in (0_u32..).zip(converted.iter()) {
            groups.entry(key.data().into()).or_default().push(row);
        }
        let own: Vec<usize> =
            (0..batch.num_columns()).filter(|at| !self.layout.partitions().contains(at)).collect();
        let in_file = batch.project(&own).map_err(refused)?;
        // In the order in which they first come, so that the same upload makes the same files.
        let mut groups: Vec<(Box<[u8]>, Vec<u32>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, rows)| rows.first().copied());
        for (key, rows) in groups {
            let first = rows.first().map_or(0, |&row| row as usize);
            let values = || texts.iter().map(|texts| texts.get(first).cloned().flatten()).collect();
            let part = take_record_batch(&in_file, &UInt32Array::from(rows)).map_err(refused)?;
            self.write_to(key, &part, values)?;
        }
        Ok(())
    }

    /// Writes rows to the file of a partition.
    fn write_to(
        &mut self,
        key: Box<[u8]>,
        batch: &RecordBatch,
        values: impl FnOnce() -> Vec<Option<String>>,
    ) -> Result<(), StoreError> {
        if !self.open.contains_key(&key) {
            self.make_room()?;
            let file = self.begin(values())?;
            self.open.insert(key.clone(), file);
        }
        let Some(file) = self.open.get_mut(&key) else { return Ok(()) };
        file.used = self.batches;
        file.writer.write(batch).map_err(|error| file.draft.error(error))
    }

    /// Closes the partition that has rested longest, if as many as may be are open.
    fn make_room(&mut self) -> Result<(), StoreError> {
        if self.open.len() < OPEN_MAX {
            return Ok(());
        }
        let rested = self.open.iter().min_by_key(|(_, file)| file.used);
        let Some(key) = rested.map(|(key, _)| key.clone()) else { return Ok(()) };
        if let Some(file) = self.open.remove(&key) {
            self.close(file)?;
        }
        Ok(())
    }

    fn begin(&self, values: Vec<Option<String>>) -> Result<OpenFile, StoreError> {
        let draft = Draft::create(&self.writing)?;
        let target = Box::new(draft.target());
        let schema = self.in_files.clone();
        let writer = FileWriter::new(target, Format::Parquet, schema, &self.options)
            .map_err(|error| draft.error(error))?;
        Ok(OpenFile { writer, draft, values, used: self.batches })
    }

    fn close(&mut self, file: OpenFile) -> Result<(), StoreError> {
        let OpenFile { writer, draft, values, .. } = file;
        if writer.rows() == 0 {
            return Ok(());
        }
        let written = writer.finish().map_err(|error| draft.error(error))?;
        draft.sync()?;
        let statistics = statistics(draft.file(), &self.in_files)?;
        let names = self.layout.partitions().iter().map(|&at| self.layout.plain().field(at).name());
        let pairs = names.zip(&values).map(|(name, value)| folder_name(name, value.as_deref()));
        let folder = pairs.collect::<Result<String, StoreError>>()?;
        let (rows, bytes) = (written.rows, written.bytes);
        self.closed.push(NewFile { draft, values, folder, rows, bytes, statistics });
        Ok(())
    }

    /// Completes and syncs all files.
    pub(crate) fn finish(mut self) -> Result<FinishedTable, StoreError> {
        let mut open: Vec<(Box<[u8]>, OpenFile)> = self.open.drain().collect();
        open.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, file) in open {
            self.close(file)?;
        }
        Ok(FinishedTable { files: self.closed, layout: self.layout })
    }

    /// Gives it up; its files are gone when this returns.
    pub(crate) fn remove(&mut self) {
        self.open.drain().for_each(|(_, mut file)| file.draft.remove());
        self.closed.drain(..).for_each(|mut file| file.draft.remove());
    }
}

impl NewFile {
    /// A name in the table's folder that no other file has: `nth` among those of its commit.
    pub(crate) fn new_name(&self, nth: usize) -> String {
        format!("{}part-{nth:05}-{}-c000.parquet", self.folder, Uuid::new_v4())
    }
}

/// What the libraries below refuse is a batch that is not what its schema says.
fn refused(error: ArrowError) -> StoreError {
    StoreError::request(error.to_string())
}
