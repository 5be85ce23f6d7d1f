//! Reading Arrow IPC files: footer first, then block by block, only what lies within the file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, convert, root_as_footer, root_as_message};
use arrow_schema::SchemaRef;

use super::groups::GroupList;
use super::guard::{arrow_error, guard};
use super::ipc_check::check_claims;
use super::source::Source;
use crate::error::StoreError;

/// The first and last bytes of an IPC file.
const MAGIC: &[u8] = b"ARROW1";
/// Footer length and magic at the end of the file.
const TAIL_BYTES: u64 = 10;

/// An Arrow IPC file with its footer read.
pub(crate) struct IpcFile {
    source: Source,
    schema: SchemaRef,
    version: arrow_ipc::MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
    footer: Vec<(String, String)>,
}

impl IpcFile {
    /// Reads the footer.
    pub(crate) fn open(source: Source) -> Result<Self, StoreError> {
        let name = source.name().to_path_buf();
        guard(&name, || Self::read_footer(source))
    }

    /// Reads the footer; may panic on a broken one.
    fn read_footer(source: Source) -> Result<Self, StoreError> {
        let name = source.name().to_path_buf();
        let corrupt = |reason: &str| StoreError::corrupt(&name, reason);
        let head_bytes = MAGIC.len() as u64 + 2;
        if source.len() < head_bytes + TAIL_BYTES {
            return Err(corrupt(&format!("{} bytes are no Arrow file", source.len())));
        }
        if !source.read(0, head_bytes)?.starts_with(MAGIC) {
            return Err(corrupt("it does not begin with ARROW1"));
        }
        let tail = source.read(source.len() - TAIL_BYTES, TAIL_BYTES)?;
        let tail: [u8; 10] = tail.as_slice().try_into().map_err(|_| corrupt("it has no tail"))?;
        let len = read_footer_length(tail).map_err(|error| arrow_error(&name, error))? as u64;
        let at = (source.len() - TAIL_BYTES)
            .checked_sub(len)
            .ok_or_else(|| corrupt("its footer is longer than the file"))?;
        let bytes = source.read(at, len)?;
        let footer = root_as_footer(&bytes).map_err(|error| corrupt(&error.to_string()))?;
        let schema = footer.schema().ok_or_else(|| corrupt("its footer has no schema"))?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(StoreError::Unsupported {
                reason: format!("{}: big-endian Arrow files are not supported", name.display()),
            });
        }
        let schema = Arc::new(convert::fb_to_schema(schema));
        let pairs = footer.custom_metadata().into_iter().flatten();
        let pairs =
            pairs.filter_map(|pair| Some((pair.key()?.to_owned(), pair.value()?.to_owned())));
        let pairs = pairs.collect();
        let batches = footer.recordBatches().into_iter().flatten().copied().collect();
        let dictionaries = footer.dictionaries().into_iter().flatten().copied().collect();
        let version = footer.version();
        Ok(Self { schema, version, dictionaries, batches, footer: pairs, source })
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A value of the footer's key-value metadata.
    pub(crate) fn footer_value(&self, key: &str) -> Option<&str> {
        self.footer.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The batches, whose rows are counted by reading the head of each.
    pub(crate) fn groups(&self) -> Result<GroupList, StoreError> {
        guard(self.source.name(), || {
            let extent = |block: &Block| extent(block, self.source.name());
            let heads = self
                .batches
                .iter()
                .map(|block| extent(block).map(|(at, head, _)| at..at.saturating_add(head)));
            let source = self.source.fetch(heads.collect::<Result<_, _>>()?)?.wait()?;
            let mut list = GroupList::default();
            for block in &self.batches {
                let (at, head, body) = extent(block)?;
                let bytes = head.saturating_add(body);
                let head = source.read(at, head)?;
                list.push(message_rows(&head, self.source.name())?, bytes);
            }
            Ok(list)
        })
    }

    /// Leaves out all batches but these.
    pub(crate) fn keep(&mut self, batches: Range<usize>) {
        let end = batches.end.min(self.batches.len());
        self.batches.truncate(end);
        self.batches.drain(..batches.start.min(end));
    }

    /// The batches, with the columns of these indices into the schema or all of them.
    pub(crate) fn scan(self, columns: Option<Vec<usize>>) -> Result<IpcFileScan, StoreError> {
        let name = self.source.name().to_path_buf();
        guard(&name, || {
            let mut decoder = FileDecoder::new(self.schema.clone(), self.version);
            for block in &self.dictionaries {
                let bytes = read_block(&self.source, block)?;
                let read = decoder.read_dictionary(block, &bytes);
                read.map_err(|error| arrow_error(&name, error))?;
            }
            if let Some(columns) = columns {
                decoder = decoder.with_projection(columns);
            }
            Ok(IpcFileScan {
                source: self.source,
                decoder,
                blocks: self.batches.into_iter(),
                failed: false,
            })
        })
    }
}

/// The batches of an IPC file.
pub(crate) struct IpcFileScan {
    source: Source,
    decoder: FileDecoder,
    blocks: std::vec::IntoIter<Block>,
    failed: bool,
}

impl IpcFileScan {
    /// The next batch, `None` at the end.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        let name = self.source.name();
        for block in self.blocks.by_ref() {
            let batch = guard(name, || {
                let bytes = read_block(&self.source, &block)?;
                let batch = self.decoder.read_record_batch(&block, &bytes);
                batch.map_err(|error| arrow_error(name, error))
            })?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }
}

impl Iterator for IpcFileScan {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// A block's position, the bytes of its head and those of its body.
fn extent(block: &Block, name: &Path) -> Result<(u64, u64, u64), StoreError> {
    let at = u64::try_from(block.offset());
    let head = u64::try_from(block.metaDataLength());
    let body = u64::try_from(block.bodyLength());
    match (at, head, body) {
        (Ok(at), Ok(head), Ok(body)) => Ok((at, head, body)),
        _ => Err(StoreError::corrupt(name, "a block has a negative position or length")),
    }
}

/// A whole block, with its claims checked.
fn read_block(source: &Source, block: &Block) -> Result<Buffer, StoreError> {
    let name = source.name();
    let (at, head, body) = extent(block, name)?;
    let len = head.checked_add(body);
    let len = len.ok_or_else(|| StoreError::corrupt(name, "a block's length overflows"))?;
    let bytes = source.read(at, len)?;
    let split = usize::try_from(head).unwrap_or(usize::MAX);
    let (head, body) = bytes.as_slice().split_at(split.min(bytes.len()));
    check_claims(strip_prefix(head), body, name)?;
    Ok(bytes)
}

/// The rows of a record batch message.
fn message_rows(head: &[u8], name: &Path) -> Result<u64, StoreError> {
    let message =
        root_as_message(strip_prefix(head)).map_err(|error| StoreError::corrupt(name, error))?;
    let rows = message.header_as_record_batch().map_or(0, |batch| batch.length());
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// A message without its continuation marker and length.
fn strip_prefix(head: &[u8]) -> &[u8] {
    let marked = head.starts_with(&[0xff; 4]);
    head.get(if marked { 8 } else { 4 }..).unwrap_or_default()
}
