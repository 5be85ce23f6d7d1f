//! An open file read at positions, so that several readers of it never disturb each other.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_buffer::{Buffer, MutableBuffer};
use bytes::{Buf as _, Bytes};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::StoreError;
use crate::storage::{Held, Object, Started};

/// What a page header is read through; larger than any header without statistics.
const HEAD_BYTES: usize = 8 * 1024;
/// What is read of an object from front to back at once: first, and at most.
const AHEAD_BYTES: Range<u64> = 256 << 10..8 << 20;

/// An open file or object, its length when it was opened, and the name that errors give it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    content: Content,
    len: u64,
    name: Arc<Path>,
}

/// Where the bytes come from.
#[derive(Clone, Debug)]
enum Content {
    File(Arc<File>),
    /// An object, and what of it is in memory.
    Object(Object, Held),
}

/// Ranges of a source on their way into memory; dropping it gives them up.
#[derive(Debug)]
pub(crate) struct Fetching {
    source: Source,
    held: Option<Started<Held>>,
}

impl Fetching {
    /// The source with the ranges in memory. Blocks until they are.
    pub(crate) fn wait(self) -> Result<Source, StoreError> {
        let Self { mut source, held } = self;
        if let (Content::Object(_, place), Some(held)) = (&mut source.content, held) {
            *place = held.wait()?;
        }
        Ok(source)
    }
}

impl Source {
    /// Takes over an open file; `name` is what errors call it.
    pub(crate) fn new(file: File, name: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let name: Arc<Path> = name.into().into();
        let len = file.metadata().map_err(|error| StoreError::io(&*name, error))?.len();
        Ok(Self { content: Content::File(Arc::new(file)), len, name })
    }

    /// An object; `name` is what errors call it.
    pub(crate) fn of_object(object: Object, name: &Path) -> Self {
        let len = object.len();
        Self { content: Content::Object(object, Held::default()), len, name: name.into() }
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
        SourceReader { source: self.clone(), at, ahead: Bytes::new(), step: AHEAD_BYTES.start }
    }

    /// Starts to read ranges into memory, where reading them one by one would cost a request
    /// each; of a file nothing. What lies behind the end is left out.
    pub(crate) fn fetch(&self, ranges: Vec<Range<u64>>) -> Result<Fetching, StoreError> {
        let held = match &self.content {
            Content::File(_) => None,
            Content::Object(object, _) => {
                let within = ranges.into_iter().map(|range| range.start..range.end.min(self.len));
                Some(object.fetch(within.collect())?)
            }
        };
        Ok(Fetching { source: self.clone(), held })
    }

    /// Reads exactly `len` bytes, refusing before it allocates what the file cannot hold.
    pub(crate) fn read(&self, at: u64, len: u64) -> Result<Buffer, StoreError> {
        let end = at.checked_add(len).filter(|&end| end <= self.len);
        let (Some(end), Ok(size)) = (end, usize::try_from(len)) else {
            return Err(StoreError::corrupt(
                &self.name,
                format!("it has {} bytes and refers to {len} bytes at {at}", self.len),
            ));
        };
        match &self.content {
            Content::File(file) => {
                let mut buffer = MutableBuffer::from_len_zeroed(size);
                let read = file.read_exact_at(buffer.as_slice_mut(), at);
                read.map_err(|error| self.failed(error))?;
                Ok(buffer.into())
            }
            // Copied, because what came from the network lies at no place that fits arrays.
            Content::Object(..) => {
                let bytes = self.bytes(at..end).map_err(|error| self.failed(error))?;
                Ok(Buffer::from(bytes.as_ref()))
            }
        }
    }

    /// The bytes of a range that lies within the source.
    fn bytes(&self, range: Range<u64>) -> io::Result<Bytes> {
        match &self.content {
            Content::File(file) => {
                let len = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, range.start)?;
                Ok(bytes.into())
            }
            Content::Object(object, held) => {
                held.get(&range).map_or_else(|| object.read(range), Ok)
            }
        }
    }

    /// An error of the operating system; a file that ends early has been cut off meanwhile.
    fn failed(&self, error: io::Error) -> StoreError {
        if let Some(trouble) = self.trouble() {
            return trouble;
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return StoreError::corrupt(&self.name, "it was cut off while it was read");
        }
        StoreError::io(&*self.name, error)
    }

    /// Why the object store failed a reader that can only say that it was failed.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        match &self.content {
            Content::File(_) => None,
            Content::Object(object, _) => object.trouble(),
        }
    }
}

/// Reads a [`Source`] from a position on.
#[derive(Debug)]
pub(crate) struct SourceReader {
    source: Source,
    at: u64,
    /// What of an object was read and not asked for yet.
    ahead: Bytes,
    /// How much of an object is read next.
    step: u64,
}

impl Read for SourceReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Content::File(file) = &self.source.content {
            let read = file.read_at(buf, self.at)?;
            self.at += read as u64;
            return Ok(read);
        }
        if self.ahead.is_empty() && self.at < self.source.len {
            let end = self.source.len.min(self.at + self.step);
            self.ahead = self.source.bytes(self.at..end)?;
            self.step = (self.step * 2).min(AHEAD_BYTES.end);
        }
        let read = buf.len().min(self.ahead.len());
        if let Some(buf) = buf.get_mut(..read) {
            self.ahead.copy_to_slice(buf);
        }
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
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        if let Content::Object(_, held) = &self.content
            && let Some(bytes) = held.rest(start)
        {
            let rest = self.reader_at(start + bytes.len() as u64);
            return Ok(Box::new(bytes.reader().chain(rest)));
        }
        Ok(Box::new(BufReader::with_capacity(HEAD_BYTES, self.reader_at(start))))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.len);
        let Some(end) = end else {
            return Err(ParquetError::EOF(format!(
                "the file has {} bytes and refers to {length} bytes at {start}",
                self.len
            )));
        };
        Ok(self.bytes(start..end)?)
    }
}
