//! Tests of the writers: what is not refused comes back equal.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use arrow_array::*;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::Format;

pub(crate) mod columns;
mod merged;
mod options;
mod text;
mod types;

/// A target whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A target that takes so many bytes and then fails.
struct Narrow(usize);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::Error::from_raw_os_error(28)) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(batches: &[RecordBatch], format: Format, options: &WriteOptions) -> Vec<u8> {
    let target = Shared::default();
    let schema = batches[0].schema();
    let mut writer = FileWriter::new(Box::new(target.clone()), format, schema, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let stats = writer.finish().unwrap();
    let bytes = target.bytes();
    assert_eq!(stats.bytes, bytes.len() as u64);
    assert_eq!(stats.rows, batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>());
    bytes
}

fn read(bytes: Vec<u8>, format: Format) -> (SchemaRef, Vec<RecordBatch>) {
    match format {
        Format::Parquet => {
            let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
            let schema = builder.schema().clone();
            (schema, builder.build().unwrap().map(Result::unwrap).collect())
        }
        Format::Arrow => {
            let reader = arrow_ipc::reader::FileReader::try_new(io::Cursor::new(bytes), None);
            let reader = reader.unwrap();
            (reader.schema(), reader.map(Result::unwrap).collect())
        }
        Format::ArrowStream => {
            let reader = arrow_ipc::reader::StreamReader::try_new(io::Cursor::new(bytes), None);
            let reader = reader.unwrap();
            (reader.schema(), reader.map(Result::unwrap).collect())
        }
        text => panic!("{text} has no schema to compare"),
    }
}

fn single(field: Field, column: ArrayRef) -> RecordBatch {
    let rows = column.len();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(vec![field])), vec![column], &options)
        .unwrap()
}

/// Whether what was written comes back equal: the schema with its metadata, and each value.
fn returns(batch: &RecordBatch, format: Format) -> Result<(), String> {
    let bytes = write(std::slice::from_ref(batch), format, &WriteOptions::default());
    let (schema, batches) = read(bytes, format);
    if schema != batch.schema() {
        return Err(format!("schema {schema:?}, expected {:?}", batch.schema()));
    }
    let back = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
    if back != *batch {
        return Err(format!("found {back:?}, expected {batch:?}"));
    }
    Ok(())
}

fn categories(range: std::ops::Range<usize>) -> RecordBatch {
    let values = StringArray::from_iter_values(range.clone().map(|value| format!("v{value}")));
    let keys = Int8Array::from_iter_values((0..range.len()).map(|key| key as i8));
    let column: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(values)));
    single(Field::new("c", column.data_type().clone(), true), column)
}

/// What comes back of several batches, as one.
fn back(batches: &[RecordBatch], format: Format, options: &WriteOptions) -> RecordBatch {
    let (schema, found) = read(write(batches, format, options), format);
    arrow_select::concat::concat_batches(&schema, &found).unwrap()
}

/// A column without its dictionary.
fn plain(column: &ArrayRef) -> ArrayRef {
    arrow_cast::cast(column, &DataType::Utf8).unwrap()
}
