//! What the code that `flatc` makes reads from our headers is what it reads from those that it
//! writes itself; and what other readers want of the format beyond what it checks.

use arrow_buffer::Buffer;
use arrow_ipc::{
    BodyCompressionBuilder, BodyCompressionMethod, CompressionType, DictionaryBatchBuilder,
    FieldNode, Message, MessageBuilder, MessageHeader, MetadataVersion, RecordBatch,
    RecordBatchBuilder, root_as_message,
};
use flatbuffers::FlatBufferBuilder;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::layout::{Piece, padded};
use super::*;

/// The bytes of a header, at a multiple of 8 as the format wants it.
fn written(header: &BatchHeader<'_>) -> Vec<u64> {
    let mut out = BytesMut::from(&b"before"[..]);
    header.write(&mut out);
    let bytes = out.split_off(6);
    assert_eq!((&out[..], bytes.len()), (&b"before"[..], header.len()));
    assert_eq!(bytes.len() % 8, 0);
    bytes.chunks(8).map(|chunk| u64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The same header by way of `FlatBufferBuilder`.
fn built(header: &BatchHeader<'_>) -> Vec<u8> {
    let layout = header.layout;
    let builder = &mut FlatBufferBuilder::new();
    let buffers: Vec<_> = layout
        .buffers()
        .map(|(start, len)| arrow_ipc::Buffer::new(to_i64(start), to_i64(len)))
        .collect();
    let nodes = builder.create_vector(&layout.nodes);
    let buffers = builder.create_vector(&buffers);
    let variadic = (!layout.variadic_counts.is_empty())
        .then(|| builder.create_vector(&layout.variadic_counts));
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
    batch.add_length(to_i64(layout.rows));
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    compression.into_iter().for_each(|compression| batch.add_compression(compression));
    variadic.into_iter().for_each(|variadic| batch.add_variadicBufferCounts(variadic));
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
    message.add_bodyLength(to_i64(layout.body_len));
    message.add_header(root);
    let message = message.finish();
    builder.finish(message, None);
    builder.finished_data().to_vec()
}

/// Everything that a reader finds in a message.
fn read(bytes: &[u8]) -> String {
    let message = root_as_message(bytes).unwrap();
    let dictionary = message.header_as_dictionary_batch();
    let batch = message.header_as_record_batch();
    let batch = batch.or_else(|| dictionary.and_then(|dictionary| dictionary.data())).unwrap();
    assert_eq!(message.header_as_record_batch().is_some(), dictionary.is_none());
    let dictionary = dictionary.map(|dictionary| (dictionary.id(), dictionary.isDelta()));
    format!("{:?} {dictionary:?} {}", envelope(&message), content(&batch))
}

fn envelope(message: &Message<'_>) -> (MetadataVersion, MessageHeader, i64, bool) {
    let metadata = message.custom_metadata().is_some();
    (message.version(), message.header_type(), message.bodyLength(), metadata)
}

fn content(batch: &RecordBatch<'_>) -> String {
    let nodes: Vec<_> = batch
        .nodes()
        .unwrap()
        .iter()
        .map(|node: &FieldNode| (node.length(), node.null_count()))
        .collect();
    let buffers = batch.buffers().unwrap();
    let buffers: Vec<_> = buffers.iter().map(|buffer| (buffer.offset(), buffer.length())).collect();
    let variadic = batch.variadicBufferCounts().map(|counts| counts.iter().collect::<Vec<_>>());
    let compression = batch.compression().map(|body| (body.codec(), body.method()));
    format!("{} {nodes:?} {buffers:?} {variadic:?} {compression:?}", batch.length())
}

fn layouts() -> impl Strategy<Value = Layout> {
    let nodes = vec((any::<i64>(), any::<i64>()), 0..40);
    let lens = vec(prop_oneof![Just(0), 1..200_usize, Just(usize::MAX >> 20)], 0..80);
    let rows = prop_oneof![0..1000_usize, Just(i64::MAX as usize)];
    let variadic = prop_oneof![Just(Vec::new()), vec(any::<i64>(), 1..9)];
    (rows, nodes, lens, variadic).prop_map(|(rows, nodes, lens, variadic_counts)| {
        let nodes = nodes.into_iter().map(|(len, nulls)| FieldNode::new(len, nulls)).collect();
        let body_len = lens.iter().copied().map(padded).sum();
        let piece = |len| match len {
            0 => Piece::Empty,
            len if len < 9 => Piece::Shared(Buffer::from_vec(vec![0_u8; len])),
            len => Piece::Deferred { len, make: Box::new(Buffer::default) },
        };
        let pieces = lens.into_iter().map(piece).collect();
        Layout { rows, nodes, pieces, variadic_counts, body_len }
    })
}

fn compressions() -> impl Strategy<Value = Option<Compression>> {
    let known = [None, Some(Compression::Lz4Frame), Some(Compression::Zstd { level: 1 })];
    prop::sample::select(known.to_vec())
}

fn dictionaries() -> impl Strategy<Value = Option<DictionaryHeader>> {
    let header = (any::<i64>(), any::<bool>());
    prop::option::of(header.prop_map(|(id, is_delta)| DictionaryHeader { id, is_delta }))
}

proptest! {
    #[test]
    fn generated_code_reads_the_same(
        layout in layouts(),
        compression in compressions(),
        dictionary in dictionaries(),
    ) {
        let header = BatchHeader { layout: &layout, compression, dictionary };
        let words = written(&header);
        let ours = bytes(&words);
        prop_assert_eq!(read(&ours), read(&built(&header)));
        check_format(&ours);
    }
}

/// Walks a header as strict readers do: C++ wants each table at a multiple of 4 and each vtable of
/// 2 and within the message, each number where it is aligned, all of it once.
fn check_format(header: &[u8]) {
    let walk = Walk { header };
    let root = walk.u32(0) as usize;
    let message = walk.table(root, &[2, 1, 4, 8]);
    assert_eq!(message.len(), 4);
    let mut batch = walk.follow(message[2]);
    if walk.header[message[1]] == DICTIONARY_BATCH {
        let dictionary = walk.table(batch, &[8, 4, 1]);
        batch = walk.follow(dictionary[1]);
    }
    let fields = walk.table(batch, &[8, 4, 4, 4, 4]);
    let nodes = walk.vector(walk.follow(fields[1]), STRUCT_LEN);
    let buffers = walk.vector(walk.follow(fields[2]), STRUCT_LEN);
    assert!(nodes.end <= buffers.start && batch < nodes.start);
    let mut end = buffers.end;
    if fields[4] != 0 {
        let counts = walk.vector(walk.follow(fields[4]), COUNT_LEN);
        assert!(end <= counts.start);
        end = counts.end;
    }
    if fields[3] != 0 {
        let compression = walk.follow(fields[3]);
        assert!(end <= compression - 8);
        walk.table(compression, &[1, 1]);
        end = compression + 8;
    }
    assert_eq!(end, header.len());
}

struct Walk<'a> {
    header: &'a [u8],
}

impl Walk<'_> {
    fn u16(&self, at: usize) -> usize {
        assert_eq!(at % 2, 0);
        usize::from(u16::from_le_bytes(self.header[at..at + 2].try_into().unwrap()))
    }

    fn u32(&self, at: usize) -> u32 {
        assert_eq!(at % 4, 0);
        u32::from_le_bytes(self.header[at..at + 4].try_into().unwrap())
    }

    /// Where the offset at `at` leads.
    fn follow(&self, at: usize) -> usize {
        let offset = self.u32(at) as usize;
        assert!(offset > 0 && offset < i32::MAX as usize);
        at + offset
    }

    /// Where the fields of a table are, whose widths are given; 0 for those that are not there.
    fn table(&self, at: usize, widths: &[usize]) -> Vec<usize> {
        let vtable = at - self.u32(at) as usize;
        let (vtable_len, table_len) = (self.u16(vtable), self.u16(vtable + 2));
        assert!(vtable_len == 4 + 2 * widths.len() && vtable + vtable_len <= at);
        assert!(at + table_len <= self.header.len());
        let field = |(index, width): (usize, &usize)| match self.u16(vtable + 4 + 2 * index) {
            0 => 0,
            offset => {
                assert!(offset >= 4 && offset + width <= table_len);
                assert_eq!((at + offset) % width, 0, "field {index} is not aligned");
                at + offset
            }
        };
        let fields: Vec<_> = widths.iter().enumerate().map(field).collect();
        let mut taken: Vec<_> =
            fields.iter().zip(widths).filter(|(field, _)| **field != 0).collect();
        taken.sort();
        assert!(taken.windows(2).all(|pair| pair[0].0 + pair[0].1 <= *pair[1].0), "{taken:?}");
        fields
    }

    /// Count and items of a vector of 8-aligned items.
    fn vector(&self, at: usize, item_len: usize) -> std::ops::Range<usize> {
        let count = self.u32(at) as usize;
        assert_eq!((at + 4) % 8, 0, "the items are not aligned");
        let end = at + 4 + count * item_len;
        assert!(end <= self.header.len());
        at..end
    }
}

/// Byte for byte, so that a change of what is sent does not go unnoticed.
#[test]
fn the_header_of_a_small_batch() {
    let mut layout = Layout::default();
    layout.restart(3);
    layout.node(3, 1);
    layout.push(Piece::Shared(Buffer::from_vec(vec![5_u8])));
    layout.push(Piece::Shared(Buffer::from_vec(vec![1_i64, 2, 3])));
    let header = BatchHeader { layout: &layout, compression: None, dictionary: None };
    let expected: [u64; 17] = [
        0x0014_000c_0000_0010,
        0x0008_0010_0006_0004,
        0x0003_0004_0000_000c,
        128,
        0x001c_000e_0000_0014,
        0x0000_0010_000c_0004,
        0x0000_0010_0000_0000,
        3,
        0x0000_0028_0000_0014,
        0,
        1 << 32,
        3,
        1,
        2 << 32,
        0,
        1,
        64,
    ];
    let mut words = written(&header);
    assert_eq!(words.pop(), Some(24));
    assert_eq!(words, expected);
}
