//! Reading Arrow IPC streams: a message at a time, none of whose lengths is believed.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, MessageHeader, MetadataVersion, convert, root_as_message};
use arrow_schema::{Schema, SchemaRef};

use super::guard::{arrow_error, guard};
use super::ipc_check::check_claims;
use crate::error::StoreError;

/// The most bytes of a message's head; a schema of a hundred thousand columns fits.
const HEAD_BYTES_MAX: u64 = 256 << 20;
/// What is allocated for a claimed length before its bytes are there.
const BELIEVED_BYTES_MAX: u64 = 1 << 20;
/// What stands in front of every message's length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The batches of an Arrow IPC stream.
pub(crate) struct IpcStream {
    input: Box<dyn Read + Send>,
    decoder: FileDecoder,
    schema: SchemaRef,
    name: PathBuf,
    done: bool,
}

impl IpcStream {
    /// Reads the schema message.
    pub(crate) fn open(input: Box<dyn Read + Send>, name: &Path) -> Result<Self, StoreError> {
        let schema = Arc::new(Schema::empty());
        let decoder = FileDecoder::new(schema.clone(), MetadataVersion::V5);
        let mut stream = Self { input, decoder, schema, name: name.to_path_buf(), done: false };
        let first = stream.read_message()?;
        let first = first.ok_or_else(|| StoreError::corrupt(name, "it is empty"))?;
        let (schema, version) = guard(name, || first.schema(name))?;
        stream.schema = schema.clone();
        stream.decoder = FileDecoder::new(schema, version);
        Ok(stream)
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch, `None` at the end. Dictionaries are kept on the way.
    fn step(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        while let Some(message) = self.read_message()? {
            let (name, decoder) = (self.name.as_path(), &mut self.decoder);
            let batch = guard(name, || message.decode(decoder, name))?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }

    /// Reads one message whole, `None` at the end.
    fn read_message(&mut self) -> Result<Option<Message>, StoreError> {
        let Some((mut bytes, len)) = self.read_prefix()? else { return Ok(None) };
        let prefix_len = bytes.len();
        self.read_onto(&mut bytes, len)?;
        let name = self.name.as_path();
        let body = guard(name, || {
            let message = root_as_message(bytes.get(prefix_len..).unwrap_or_default());
            let message = message.map_err(|error| StoreError::corrupt(name, error))?;
            u64::try_from(message.bodyLength())
                .map_err(|_| StoreError::corrupt(name, "a message has a negative body length"))
        })?;
        let head_len = bytes.len();
        self.read_onto(&mut bytes, body)?;
        Ok(Some(Message { bytes: Buffer::from_vec(bytes), prefix_len, head_len }))
    }

    /// Reads the marker and the length of the next message's head; `None` at the end.
    fn read_prefix(&mut self) -> Result<Option<(Vec<u8>, u64)>, StoreError> {
        let mut prefix = Vec::new();
        self.read_up_to(&mut prefix, 4)?;
        if prefix.is_empty() {
            return Ok(None);
        }
        if prefix == CONTINUATION {
            self.read_onto(&mut prefix, 4)?;
        }
        let len = prefix.last_chunk::<4>().map(|len| u64::from(u32::from_le_bytes(*len)));
        let Some(len) = len else { return Err(self.cut_off()) };
        if len > HEAD_BYTES_MAX {
            let reason = format!("a message's head claims {len} bytes");
            return Err(StoreError::corrupt(&self.name, reason));
        }
        Ok((len > 0).then_some((prefix, len)))
    }

    /// Appends so many bytes, allocating only as they arrive.
    fn read_onto(&mut self, bytes: &mut Vec<u8>, len: u64) -> Result<(), StoreError> {
        let before = bytes.len();
        self.read_up_to(bytes, len)?;
        let read = (bytes.len() - before) as u64;
        if read == len { Ok(()) } else { Err(self.cut_off()) }
    }

    /// Appends so many bytes, or fewer where the input ends.
    fn read_up_to(&mut self, bytes: &mut Vec<u8>, len: u64) -> Result<(), StoreError> {
        // So much at once is worth it and harmless whatever was claimed.
        bytes.reserve(usize::try_from(len.min(BELIEVED_BYTES_MAX)).unwrap_or(0));
        let read = (&mut self.input).take(len).read_to_end(bytes);
        read.map(drop).map_err(|error| StoreError::io(&self.name, error))
    }

    /// The error for an input that ends inside a message.
    fn cut_off(&self) -> StoreError {
        StoreError::corrupt(&self.name, "it ends inside a message")
    }
}

/// One message: prefix, head and body in one piece.
struct Message {
    bytes: Buffer,
    prefix_len: usize,
    head_len: usize,
}

impl Message {
    /// The flatbuffer.
    fn head(&self) -> &[u8] {
        self.bytes.get(self.prefix_len..self.head_len).unwrap_or_default()
    }

    /// Reads it as the schema; may panic on a broken one.
    fn schema(&self, name: &Path) -> Result<(SchemaRef, MetadataVersion), StoreError> {
        let message = root_as_message(self.head());
        let message = message.map_err(|error| StoreError::corrupt(name, error))?;
        let schema = message
            .header_as_schema()
            .ok_or_else(|| StoreError::corrupt(name, "its first message is not a schema"))?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(StoreError::Unsupported {
                reason: format!("{}: big-endian Arrow streams are not supported", name.display()),
            });
        }
        Ok((Arc::new(convert::fb_to_schema(schema)), message.version()))
    }

    /// Decodes it: a batch, or a dictionary that the decoder keeps; may panic on a broken one.
    fn decode(
        &self,
        decoder: &mut FileDecoder,
        name: &Path,
    ) -> Result<Option<RecordBatch>, StoreError> {
        check_claims(self.head(), self.bytes.get(self.head_len..).unwrap_or_default(), name)?;
        let message = root_as_message(self.head());
        let message = message.map_err(|error| StoreError::corrupt(name, error))?;
        let head_len = i32::try_from(self.head_len)
            .map_err(|_| StoreError::corrupt(name, "a message's head is too long"))?;
        let block = Block::new(0, head_len, message.bodyLength());
        if message.header_type() == MessageHeader::DictionaryBatch {
            let read = decoder.read_dictionary(&block, &self.bytes);
            return read.map(|()| None).map_err(|error| arrow_error(name, error));
        }
        decoder.read_record_batch(&block, &self.bytes).map_err(|error| arrow_error(name, error))
    }
}

impl Iterator for IpcStream {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}
