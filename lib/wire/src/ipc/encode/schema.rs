//! Schemas as IPC messages.

use arrow_ipc::convert::IpcSchemaEncoder;
use arrow_ipc::writer::DictionaryTracker;
use arrow_ipc::{MessageBuilder, MessageHeader, MetadataVersion};
use arrow_schema::Schema;
use bytes::{BufMut, Bytes, BytesMut};
use flatbuffers::FlatBufferBuilder;

/// What an encapsulated message starts with, before its length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The schema as a bare `Message` flatbuffer, which is what `FlightData.data_header` takes.
///
/// Dictionaries get the ids 0, 1, 2 .. in the order in which they have to be sent: depth first,
/// those inside of a dictionary's values before the dictionary itself. A dictionary whose values
/// are dictionaries directly (not inside a struct or list) has no form in IPC: it is described,
/// and sent, as one dictionary of the innermost values.
#[expect(clippy::disallowed_methods, reason = "metadata, once a stream")]
pub fn encode_schema(schema: &Schema) -> Bytes {
    let mut builder = FlatBufferBuilder::new();
    // The ids are only assigned here, nothing is tracked; `dictionary::Ids` assigns the same.
    let mut ids = DictionaryTracker::new(false);
    let header = IpcSchemaEncoder::new()
        .with_dictionary_tracker(&mut ids)
        .schema_to_fb_offset(&mut builder, schema)
        .as_union_value();
    let mut message = MessageBuilder::new(&mut builder);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(MessageHeader::Schema);
    message.add_bodyLength(0);
    message.add_header(header);
    let message = message.finish();
    builder.finish(message, None);
    Bytes::copy_from_slice(builder.finished_data())
}

/// The schema as an encapsulated message: continuation marker, length, flatbuffer, padding to 8
/// bytes. `FlightInfo.schema` and `SchemaResult.schema` hold this form.
pub fn encapsulate_schema(schema: &Schema) -> Bytes {
    let message = encode_schema(schema);
    let padded = message.len().next_multiple_of(8);
    let mut out = BytesMut::with_capacity(8 + padded);
    out.put_slice(&CONTINUATION);
    out.put_u32_le(u32::try_from(padded).unwrap_or(u32::MAX));
    out.put_slice(&message);
    out.put_bytes(0, padded - message.len());
    out.freeze()
}
