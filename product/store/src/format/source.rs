//! An open file read at positions, so that several readers of it never disturb each other.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_buffer::{Buffer, MutableBuffer};
use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::StoreError;

/// What a page header is read through; larger than any header without statistics.
const HEAD_BYTES: usize = 8 * 1024;

/// An open file, its length when it was opened, and the name that errors give it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    file: Arc<File>,
    len: u64,
    name: Arc<Path>,
}

impl Source {
    /// Takes over an open file; `name` is what errors call it.
    pub(crate) fn new(file: File, name: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let name: Arc<Path> = name.into().into();
        let len = file.metadata().map_err(|error| StoreError::io(&*name, error))?.len();
        Ok(Self { file: Arc::new(file), len, name })
    }

    /// The length in bytes when it was opened.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> &Path {
        &self.name
    }

    /// A reader from a position to the end.
    pub(crate) fn reader_at(&self, at: u64) -> SourceReader {
        SourceReader { source: self.clone(), at }
    }

    /// Reads exactly `len` bytes, refusing before it allocates what the file cannot hold.
    pub(crate) fn read(&self, at: u64, len: u64) -> Result<Buffer, StoreError> {
        let end = at.checked_add(len).filter(|&end| end <= self.len);
        let (Some(_), Ok(size)) = (end, usize::try_from(len)) else {
            return Err(StoreError::corrupt(
                &self.name,
                format!("it has {} bytes and refers to {len} bytes at {at}", self.len),
            ));
        };
        let mut buffer = MutableBuffer::from_len_zeroed(size);
        let read = self.file.read_exact_at(buffer.as_slice_mut(), at);
        read.map_err(|error| self.failed(error))?;
        Ok(buffer.into())
    }

    /// An error of the operating system; a file that ends early has been cut off meanwhile.
    fn failed(&self, error: io::Error) -> StoreError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return StoreError::corrupt(&self.name, "it was cut off while it was read");
        }
        StoreError::io(&*self.name, error)
    }
}

/// Reads a [`Source`] from a position on.
#[derive(Debug)]
pub(crate) struct SourceReader {
    source: Source,
    at: u64,
}

impl Read for SourceReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.source.file.read_at(buf, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Source {
    type T = BufReader<SourceReader>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::with_capacity(HEAD_BYTES, self.reader_at(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.len);
        if end.is_none() {
            return Err(ParquetError::EOF(format!(
                "the file has {} bytes and refers to {length} bytes at {start}",
                self.len
            )));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}
