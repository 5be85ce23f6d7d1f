//! The metadata flatbuffers of record batches and dictionaries.
//!
//! Every batch has one, and all of them are alike, so that they are not built field by field but
//! copied from a template, into which numbers and vectors are put. The tables stand first, each
//! behind its vtable, then the vectors; every offset leads forward. What the format wants aligned
//! is, as long as the whole is: vtables to 2 bytes, tables to 4, 64-bit numbers and structs of
//! them to 8. `generated` in the tests reads it with the code that `flatc` makes.

use bytes::{BufMut, BytesMut};

use super::layout::{Layout, to_i64};
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
    pub(super) layout: &'a Layout,
    pub(super) compression: Option<Compression>,
    /// `None` for a record batch.
    pub(super) dictionary: Option<DictionaryHeader>,
}

/// Where the root table is, then `Message`. Its header is what follows, 16 bytes behind its start.
#[rustfmt::skip]
const MESSAGE: [u8; 36] = [
    16, 0, 0, 0,
    // The vtable: its length, the table's, then where the fields are in the table.
    12, 0, 20, 0, /* version */ 4, 0, /* header_type */ 6, 0, /* header */ 16, 0,
    /* bodyLength */ 8, 0,
    // The table: how far back its vtable is, version 5, header_type, bodyLength, header.
    12, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
];

/// `DictionaryBatch`, of which the data is the [`BATCH`] that follows.
#[rustfmt::skip]
const DICTIONARY: [u8; 40] = [
    10, 0, 20, 0, /* id */ 4, 0, /* data */ 12, 0, /* isDelta */ 16, 0,
    0, 0, 0, 0, 0, 0,
    // The table: its vtable, id, data, isDelta.
    16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0,
];

/// `RecordBatch` without the two fields that it may do without: their entries in the vtable are 0,
/// their places in the table are there.
#[rustfmt::skip]
const BATCH: [u8; 44] = [
    14, 0, 28, 0, /* length */ 4, 0, /* nodes */ 12, 0, /* buffers */ 16, 0,
    /* compression */ 0, 0, /* variadicBufferCounts */ 0, 0,
    0, 0,
    // The table: its vtable, length, then how far on the other four are.
    16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// `BodyCompression`: its vtable, then the table with codec and method (0, `BUFFER`).
#[rustfmt::skip]
const COMPRESSION: [u8; 16] = [
    8, 0, 6, 0, /* codec */ 4, 0, /* method */ 5, 0,
    8, 0, 0, 0, 0, 0, 0, 0,
];

/// What `Message.header_type` says.
const DICTIONARY_BATCH: u8 = 2;
const RECORD_BATCH: u8 = 3;

/// A `FieldNode` and a `Buffer`: two 64-bit numbers.
const STRUCT_LEN: usize = 16;
const COUNT_LEN: usize = 8;

/// What stands before the items of a vector, so that they are aligned: padding and their count.
const VECTOR_HEAD_LEN: usize = 8;

impl BatchHeader<'_> {
    /// How long it is.
    pub(super) fn len(&self) -> usize {
        let dictionary = self.dictionary.map_or(0, |_| DICTIONARY.len());
        MESSAGE.len() + dictionary + BATCH.len() + self.vectors().len
    }

    /// Appends it.
    pub(super) fn write(&self, out: &mut BytesMut) {
        let mut message = MESSAGE;
        message[22] = self.dictionary.map_or(RECORD_BATCH, |_| DICTIONARY_BATCH);
        message[24..32].copy_from_slice(&to_i64(self.layout.body_len).to_le_bytes());
        out.extend_from_slice(&message);
        if let Some(DictionaryHeader { id, is_delta }) = self.dictionary {
            let mut dictionary = DICTIONARY;
            dictionary[20..28].copy_from_slice(&id.to_le_bytes());
            dictionary[32] = u8::from(is_delta);
            out.extend_from_slice(&dictionary);
        }
        let vectors = self.vectors();
        let mut batch = BATCH;
        batch[20..28].copy_from_slice(&to_i64(self.layout.rows).to_le_bytes());
        // The offsets lead from where they stand; the vectors begin where the batch ends.
        batch[28..32].copy_from_slice(&offset(16 + vectors.nodes));
        batch[32..36].copy_from_slice(&offset(12 + vectors.buffers));
        if let Some(compression) = vectors.compression {
            batch[10] = 20;
            batch[36..40].copy_from_slice(&offset(8 + compression));
        }
        if let Some(variadic_counts) = vectors.variadic_counts {
            batch[12] = 24;
            batch[40..44].copy_from_slice(&offset(4 + variadic_counts));
        }
        out.extend_from_slice(&batch);
        self.write_vectors(out);
    }

    fn write_vectors(&self, out: &mut BytesMut) {
        put_vector(out, self.layout.nodes.iter().map(|node| node.0));
        put_vector(out, self.layout.buffers().map(|(start, len)| pair(start, len)));
        if !self.layout.variadic_counts.is_empty() {
            put_vector(out, self.layout.variadic_counts.iter().map(|count| count.to_le_bytes()));
        }
        if let Some(compression) = self.compression {
            let mut table = COMPRESSION;
            table[12] = match compression {
                Compression::Lz4Frame => 0,
                Compression::Zstd { .. } => 1,
            };
            out.extend_from_slice(&table);
        }
    }

    fn vectors(&self) -> Vectors {
        let Layout { nodes, pieces, variadic_counts, .. } = self.layout;
        let nodes_len = VECTOR_HEAD_LEN + STRUCT_LEN * nodes.len();
        let mut vectors = Vectors {
            nodes: VECTOR_HEAD_LEN - 4,
            buffers: nodes_len + VECTOR_HEAD_LEN - 4,
            variadic_counts: None,
            compression: None,
            len: nodes_len + VECTOR_HEAD_LEN + STRUCT_LEN * pieces.len(),
        };
        if !variadic_counts.is_empty() {
            vectors.variadic_counts = Some(vectors.len + VECTOR_HEAD_LEN - 4);
            vectors.len += VECTOR_HEAD_LEN + COUNT_LEN * variadic_counts.len();
        }
        if self.compression.is_some() {
            // The table stands behind its vtable.
            vectors.compression = Some(vectors.len + 8);
            vectors.len += COMPRESSION.len();
        }
        vectors
    }
}

/// Where the vectors are, from the end of [`BATCH`], and how long they are together. A vector is
/// where its count is.
struct Vectors {
    nodes: usize,
    buffers: usize,
    variadic_counts: Option<usize>,
    compression: Option<usize>,
    len: usize,
}

/// Headers have a few hundred bytes for each of their columns.
fn offset(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// The two numbers of a `Buffer` or `FieldNode`.
fn pair(first: usize, second: usize) -> [u8; STRUCT_LEN] {
    (u128::from(first as u64) | u128::from(second as u64) << 64).to_le_bytes()
}

fn put_vector<const N: usize>(out: &mut BytesMut, items: impl ExactSizeIterator<Item = [u8; N]>) {
    out.put_u32_le(0);
    out.extend_from_slice(&offset(items.len()));
    let start = out.len();
    out.resize(start + N * items.len(), 0);
    let (slots, _) = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<N>();
    slots.iter_mut().zip(items).for_each(|(slot, item)| *slot = item);
}

#[cfg(test)]
mod tests;
