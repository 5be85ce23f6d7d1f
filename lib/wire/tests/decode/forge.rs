//! Messages written by hand, so that any part of them can be wrong.

use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_ipc::{
    Buffer as Place, CompressionType, Endianness, FieldNode, Message, MessageArgs, MessageHeader,
    MetadataVersion, Type,
};
use arrow_schema::{DataType, Field, Schema};
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
use wingbeat_wire::ipc::{BatchDecoder, DecodedMessage, decode_schema};
use wingbeat_wire::{DecodeError, Limits};

use crate::samples;

pub(crate) type Fbb = FlatBufferBuilder<'static>;
pub(crate) type Union = WIPOffset<UnionWIPOffset>;

/// A message with the header that `build` makes.
pub(crate) fn message(
    version: MetadataVersion,
    body_len: i64,
    build: impl FnOnce(&mut Fbb) -> (MessageHeader, Union),
) -> Vec<u8> {
    let mut fbb = Fbb::new();
    let (header_type, header) = build(&mut fbb);
    let args = MessageArgs {
        version,
        header_type,
        header: Some(header),
        bodyLength: body_len,
        custom_metadata: None,
    };
    let root = Message::create(&mut fbb, &args);
    fbb.finish(root, None);
    fbb.finished_data().to_vec()
}

/// A record batch by its numbers.
#[derive(Default, Clone)]
pub(crate) struct Batch<'a> {
    pub(crate) rows: i64,
    pub(crate) nodes: &'a [(i64, i64)],
    pub(crate) places: &'a [(i64, i64)],
    pub(crate) counts: Option<&'a [i64]>,
    pub(crate) codec: Option<i8>,
    pub(crate) dictionary: Option<(i64, bool)>,
}

impl Batch<'_> {
    pub(crate) fn build(&self, body_len: usize) -> Vec<u8> {
        message(MetadataVersion::V5, body_len as i64, |fbb| {
            let nodes: Vec<_> = self.nodes.iter().map(|(l, n)| FieldNode::new(*l, *n)).collect();
            let places: Vec<_> = self.places.iter().map(|(o, l)| Place::new(*o, *l)).collect();
            let nodes = fbb.create_vector(&nodes);
            let buffers = fbb.create_vector(&places);
            let counts = self.counts.map(|counts| fbb.create_vector(counts));
            let compression = self.codec.map(|codec| {
                let codec = CompressionType(codec);
                let args = arrow_ipc::BodyCompressionArgs { codec, ..Default::default() };
                arrow_ipc::BodyCompression::create(fbb, &args)
            });
            let args = arrow_ipc::RecordBatchArgs {
                length: self.rows,
                nodes: Some(nodes),
                buffers: Some(buffers),
                compression,
                variadicBufferCounts: counts,
            };
            let batch = arrow_ipc::RecordBatch::create(fbb, &args);
            let Some((id, delta)) = self.dictionary else {
                return (MessageHeader::RecordBatch, batch.as_union_value());
            };
            let args = arrow_ipc::DictionaryBatchArgs { id, data: Some(batch), isDelta: delta };
            let dictionary = arrow_ipc::DictionaryBatch::create(fbb, &args);
            (MessageHeader::DictionaryBatch, dictionary.as_union_value())
        })
    }

    /// Pushes the batch behind a schema with one column of `data_type`.
    pub(crate) fn push(
        &self,
        data_type: DataType,
        body: &[u8],
    ) -> Result<DecodedMessage, DecodeError> {
        let mut decoder = decoder_for(data_type);
        decoder.push(&self.build(body.len()), &Buffer::from(body))
    }

    pub(crate) fn error(&self, data_type: DataType, body: &[u8]) -> String {
        self.push(data_type, body).unwrap_err().to_string()
    }
}

pub(crate) fn decoder_for(data_type: DataType) -> BatchDecoder {
    let schema = Arc::new(Schema::new(vec![Field::new("c", data_type, true)]));
    let parts = samples::take_apart(&samples::write(&schema, &[], IpcWriteOptions::default()));
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    decoder
}

/// Asserts that an error says `part`.
#[track_caller]
pub(crate) fn says(error: impl ToString, part: &str) {
    let error = error.to_string();
    assert!(error.contains(part), "{error:?} does not say {part:?}");
}

/// A schema of one field that `build` makes from the field's name.
pub(crate) fn field_error(build: impl FnOnce(&mut Fbb) -> FieldParts) -> String {
    let header = message(MetadataVersion::V5, 0, |fbb| {
        let parts = build(fbb);
        let field = field_table(fbb, parts);
        schema_header(fbb, &[field], Endianness::Little)
    });
    decode_schema(&header, &Limits::default()).unwrap_err().to_string()
}

pub(crate) type FieldTable = WIPOffset<arrow_ipc::Field<'static>>;

#[derive(Default)]
pub(crate) struct FieldParts {
    pub(crate) kind: Type,
    pub(crate) table: Option<Union>,
    pub(crate) children: Vec<FieldTable>,
    pub(crate) dictionary: Option<WIPOffset<arrow_ipc::DictionaryEncoding<'static>>>,
    pub(crate) nullable: bool,
}

pub(crate) fn field_table(fbb: &mut Fbb, parts: FieldParts) -> FieldTable {
    let name = fbb.create_string("f");
    let children = fbb.create_vector(&parts.children);
    let args = arrow_ipc::FieldArgs {
        name: Some(name),
        nullable: parts.nullable,
        type_type: parts.kind,
        type_: parts.table,
        dictionary: parts.dictionary,
        children: Some(children),
        custom_metadata: None,
    };
    arrow_ipc::Field::create(fbb, &args)
}

pub(crate) fn schema_header(
    fbb: &mut Fbb,
    fields: &[FieldTable],
    endianness: Endianness,
) -> (MessageHeader, Union) {
    let fields = fbb.create_vector(fields);
    let args = arrow_ipc::SchemaArgs { endianness, fields: Some(fields), ..Default::default() };
    (MessageHeader::Schema, arrow_ipc::Schema::create(fbb, &args).as_union_value())
}

/// A field whose type is the table `$kind` with these parameters.
macro_rules! table {
    ($fbb:expr, $kind:ident, $args:ident { $($name:ident : $value:expr),* }) => {{
        let args = arrow_ipc::$args { $($name: $value,)* ..Default::default() };
        let table = arrow_ipc::$kind::create($fbb, &args).as_union_value();
        FieldParts { kind: Type::$kind, table: Some(table), ..Default::default() }
    }};
}

pub(crate) use table;

/// A field of 32-bit integers.
pub(crate) fn int(fbb: &mut Fbb, nullable: bool) -> FieldTable {
    let parts = table!(fbb, Int, IntArgs { bitWidth: 32, is_signed: true });
    field_table(fbb, FieldParts { nullable, ..parts })
}

/// Numbers as bytes.
pub(crate) fn le(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}
