//! Arrow IPC streams in files: how batches pass between this program and the tests.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Schema, SchemaRef};
use wingbeat::{Error, Result};

/// The whole stream.
pub(crate) fn read(path: &Path) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let reader = StreamReader::try_new(BufReader::new(open(path)?), None)?;
    let schema = reader.schema();
    let batches = reader.collect::<std::result::Result<_, _>>()?;
    Ok((schema, batches))
}

/// A file that the tests read once it is finished.
pub(crate) struct Writer(StreamWriter<BufWriter<File>>);

impl Writer {
    pub(crate) fn create(path: &Path, schema: &Schema) -> Result<Self> {
        Ok(Self(StreamWriter::try_new_buffered(File::create(path)?, schema)?))
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Ok(self.0.write(batch)?)
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        Ok(self.0.finish()?)
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|_| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Error::not_found(format!("no flight {name}"))
    })
}
