//! The metadata flatbuffers of record batches and dictionaries.

use std::fmt;

use arrow_ipc::{
    BodyCompressionBuilder, BodyCompressionMethod, CompressionType, DictionaryBatchBuilder,
    FieldNode, MessageBuilder, MessageHeader, MetadataVersion, RecordBatchBuilder,
};
use bytes::Bytes;
use flatbuffers::FlatBufferBuilder;

use super::layout::to_i64;
use crate::ipc::Compression;

/// Which dictionary a batch of values belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DictionaryHeader {
    pub(super) id: i64,
    pub(super) is_delta: bool,
}

/// What the header of one batch says.
#[derive(Debug)]
pub(super) struct BatchHeader<'a> {
    pub(super) rows: usize,
    pub(super) nodes: &'a [FieldNode],
    pub(super) buffers: &'a [arrow_ipc::Buffer],
    pub(super) variadic_counts: &'a [i64],
    pub(super) body_len: usize,
    pub(super) compression: Option<Compression>,
    /// `None` for a record batch.
    pub(super) dictionary: Option<DictionaryHeader>,
}

/// Writes headers, reusing one builder's memory.
#[derive(Default)]
pub(super) struct HeaderWriter {
    builder: FlatBufferBuilder<'static>,
}

impl fmt::Debug for HeaderWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderWriter")
    }
}

impl HeaderWriter {
    #[expect(clippy::disallowed_methods, reason = "metadata, and the builder keeps its memory")]
    pub(super) fn write(&mut self, header: &BatchHeader<'_>) -> Bytes {
        let builder = &mut self.builder;
        builder.reset();
        let nodes = builder.create_vector(header.nodes);
        let buffers = builder.create_vector(header.buffers);
        let variadic = (!header.variadic_counts.is_empty())
            .then(|| builder.create_vector(header.variadic_counts));
        let compression = header.compression.map(|compression| {
            let mut body = BodyCompressionBuilder::new(builder);
            body.add_method(BodyCompressionMethod::BUFFER);
            body.add_codec(match compression {
                Compression::Lz4Frame => CompressionType::LZ4_FRAME,
                Compression::Zstd { .. } => CompressionType::ZSTD,
            });
            body.finish()
        });
        let mut batch = RecordBatchBuilder::new(builder);
        batch.add_length(to_i64(header.rows));
        batch.add_nodes(nodes);
        batch.add_buffers(buffers);
        if let Some(compression) = compression {
            batch.add_compression(compression);
        }
        if let Some(variadic) = variadic {
            batch.add_variadicBufferCounts(variadic);
        }
        let batch = batch.finish();
        let (kind, root) = match header.dictionary {
            None => (MessageHeader::RecordBatch, batch.as_union_value()),
            Some(dictionary) => {
                let mut root = DictionaryBatchBuilder::new(builder);
                root.add_id(dictionary.id);
                root.add_data(batch);
                root.add_isDelta(dictionary.is_delta);
                (MessageHeader::DictionaryBatch, root.finish().as_union_value())
            }
        };
        let mut message = MessageBuilder::new(builder);
        message.add_version(MetadataVersion::V5);
        message.add_header_type(kind);
        message.add_bodyLength(to_i64(header.body_len));
        message.add_header(root);
        let message = message.finish();
        builder.finish(message, None);
        Bytes::copy_from_slice(builder.finished_data())
    }
}
