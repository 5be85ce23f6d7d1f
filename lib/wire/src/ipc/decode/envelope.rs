//! The flatbuffer `Message` around every IPC payload, told apart by its header.
//!
//! A schema is read through the generated accessors, and only once the flatbuffers verifier has
//! followed every offset of the message within these limits: depth, number of tables, and apparent
//! size (a message may name one table or string many times, so that its content is larger than it
//! is). Batches and dictionaries, whose messages are flat, are read by hand.

use arrow_ipc::{MessageHeader, MetadataVersion, Schema};
use flatbuffers::{InvalidFlatbuffer, VerifierOptions};

use super::message::{BatchMessage, DictionaryMessage};
use crate::flat::Table;
use crate::{DecodeError, Limits};

/// Types nest at most this deep whatever the limits say: types are walked, compared and dropped
/// recursively, and a thread's stack may be as small as 2 MiB.
pub(super) const NESTING_DEPTH_CAP: usize = 256;

/// Tables around and below the nested fields: the message, the schema, the field's own type.
const DEPTH_BESIDE_FIELDS: usize = 8;

/// Tables of one field: itself, its type, its dictionary with the index type, and metadata.
const TABLES_PER_FIELD: usize = 16;

/// How much larger than its bytes the content of a message may be. Writers share vtables, and
/// some share strings; nothing real comes near.
const SHARING_MAX: usize = 16;

/// A message, its header read.
pub(super) struct Envelope<'a> {
    pub(super) version: MetadataVersion,
    pub(super) header: Header<'a>,
    /// The length of the body, as the message tells it.
    pub(super) body_bytes: usize,
}

/// What a message is about.
pub(super) enum Header<'a> {
    Schema(Schema<'a>),
    Dictionary(DictionaryMessage<'a>),
    Batch(BatchMessage<'a>),
}

impl<'a> Envelope<'a> {
    /// Reads `bytes`, a bare `Message` flatbuffer. The numbers are the places of its fields.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let message = Table::root(bytes)?;
        let version = version(message.scalar(0)?.map_or(0, i16::from_le_bytes))?;
        let body_len = message.i64(3)?;
        let body_bytes = usize::try_from(body_len).map_err(|_| {
            let reason = format!("{body_len} is no length");
            DecodeError::invalid("Message.bodyLength", reason)
        })?;
        let header_type = MessageHeader(message.u8(1)?);
        let header = match (header_type, message.table(2)?) {
            (MessageHeader::NONE, _) | (_, None) => {
                let reason = "the message has no header";
                return Err(DecodeError::invalid("Message.header", reason));
            }
            (MessageHeader::Schema, _) => Header::Schema(schema(bytes, limits)?),
            (MessageHeader::DictionaryBatch, Some(table)) => {
                Header::Dictionary(DictionaryMessage::read(&table)?)
            }
            (MessageHeader::RecordBatch, Some(table)) => Header::Batch(BatchMessage::read(&table)?),
            (MessageHeader(number), _) => {
                let feature = match header_type.variant_name() {
                    Some(name) => format!("a {name} message"),
                    None => format!("message type number {number}"),
                };
                return Err(DecodeError::unsupported("Message.header", feature));
            }
        };
        Ok(Self { version, header, body_bytes })
    }
}

fn version(number: i16) -> Result<MetadataVersion, DecodeError> {
    match MetadataVersion(number) {
        version @ (MetadataVersion::V4 | MetadataVersion::V5) => Ok(version),
        other => {
            let feature = match other.variant_name() {
                Some(name) => format!("metadata version {name} (older than V4)"),
                None => format!("unknown metadata version number {number}"),
            };
            Err(DecodeError::unsupported("Message.version", feature))
        }
    }
}

/// Verifies a whole message that says it is a schema.
fn schema<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Schema<'a>, DecodeError> {
    let message = arrow_ipc::root_as_message_with_opts(&options(bytes.len(), limits), bytes)
        .map_err(|error| refused(&error, bytes.len(), limits))?;
    let schema = message.header_as_schema();
    schema.ok_or_else(|| DecodeError::invalid("Message.header", "the message has no header"))
}

fn options(len: usize, limits: &Limits) -> VerifierOptions {
    let depth = limits.nesting_depth_max.min(NESTING_DEPTH_CAP);
    let shared = len.saturating_mul(SHARING_MAX).saturating_add(1 << 20);
    VerifierOptions {
        max_depth: depth + DEPTH_BESIDE_FIELDS,
        max_tables: limits.fields_max.saturating_add(1).saturating_mul(TABLES_PER_FIELD),
        max_apparent_size: shared.min(limits.decoded_bytes_max.max(len.saturating_mul(4))),
        // Some writers leave the terminator out; nobody here reads past the length.
        ignore_missing_null_terminator: true,
    }
}

fn refused(error: &InvalidFlatbuffer, len: usize, limits: &Limits) -> DecodeError {
    const FIELD: &str = "Message";
    match error {
        InvalidFlatbuffer::DepthLimitReached => {
            let limit = limits.nesting_depth_max.min(NESTING_DEPTH_CAP);
            too_deep(limit)
        }
        InvalidFlatbuffer::TooManyTables => {
            DecodeError::invalid(FIELD, "the flatbuffer has more tables than any allowed schema")
        }
        InvalidFlatbuffer::ApparentSizeTooLarge => DecodeError::invalid(
            FIELD,
            format!("the flatbuffer of {len} bytes repeats its parts until it is far larger"),
        ),
        // The first line says it; the others trace the path through the tables.
        other => {
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default().trim_end_matches('.');
            DecodeError::invalid(FIELD, format!("not a valid flatbuffer: {line}"))
        }
    }
}

/// The error for a type that is nested deeper than `limit`.
pub(super) fn too_deep(limit: usize) -> DecodeError {
    let value = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    DecodeError::limit("Schema.fields (nesting depth)", value, limit)
}
