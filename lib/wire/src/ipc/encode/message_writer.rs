//! Makes one message from one layout, and judges its size before it is made.

use bytes::Bytes;

use super::body::{BodyPart, assemble, place};
use super::compressor::Compressor;
use super::header::{BatchHeader, DictionaryHeader, HeaderWriter};
use super::layout::{Layout, Piece};
use super::split::Attempt;
use crate::ipc::Compression;
use crate::{EncodeError, Segments};

/// How many times larger than the limit on a message its content may be before compression. It
/// bounds what a reader has to unpack at once when data compresses extremely well.
const UNPACKED_FACTOR: usize = 8;

/// Makes messages from layouts.
#[derive(Debug)]
pub(super) struct MessageWriter {
    compression: Option<Compression>,
    /// Set up when the first body is compressed.
    compressor: Option<Compressor>,
    headers: HeaderWriter,
    /// The size of the last body after compression, relative to the size before.
    ratio: f64,
    /// The size above which messages are split, in bytes.
    max: usize,
}

/// A message whose shared buffers have not been joined yet.
pub(super) struct Prepared {
    header: Bytes,
    parts: Parts,
}

enum Parts {
    Plain(Vec<Piece>),
    Compressed(Vec<BodyPart>),
}

impl MessageWriter {
    pub(super) fn new(compression: Option<Compression>, max: usize) -> Self {
        let headers = HeaderWriter::default();
        Self { compression, compressor: None, headers, ratio: 1.0, max }
    }

    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// A message with this layout, unless it is clear beforehand that it will be too large.
    pub(super) fn attempt(
        &mut self,
        layout: Layout,
        dictionary: Option<DictionaryHeader>,
        must: bool,
        size: &dyn Fn(&[u8], usize) -> usize,
    ) -> Result<Attempt<Prepared>, EncodeError> {
        let expected = self.expected(layout.body_len);
        if !must && expected > self.max {
            return Ok(Attempt::TooLarge(expected));
        }
        let Layout { rows, nodes, pieces, variadic_counts, body_len: unpacked } = layout;
        let parts = match self.compression {
            None => Parts::Plain(pieces),
            Some(compression) => Parts::Compressed(self.compress(compression, pieces)?),
        };
        let (buffers, body_len) = match &parts {
            Parts::Plain(pieces) => place(pieces.iter().map(Piece::len)),
            Parts::Compressed(parts) => place(parts.iter().map(BodyPart::len)),
        };
        if unpacked > 0 {
            self.ratio = body_len as f64 / unpacked as f64;
        }
        let header = self.headers.write(&BatchHeader {
            rows,
            nodes: &nodes,
            buffers: &buffers,
            variadic_counts: &variadic_counts,
            body_len,
            compression: self.compression,
            dictionary,
        });
        let size = size(&header, body_len);
        Ok(Attempt::Done(Prepared { header, parts }, size))
    }

    /// The size to expect of a body, in bytes.
    fn expected(&self, body_len: usize) -> usize {
        if self.compression.is_none() {
            return body_len;
        }
        // Above 2^53 the estimate is a little off, which is what estimates may be.
        let packed = (body_len as f64 * self.ratio) as usize;
        packed.max(body_len / UNPACKED_FACTOR)
    }

    fn compress(
        &mut self,
        compression: Compression,
        pieces: Vec<Piece>,
    ) -> Result<Vec<BodyPart>, EncodeError> {
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(compression)?),
        };
        pieces.into_iter().map(|piece| compressor.compress(piece.into_buffer())).collect()
    }
}

impl Prepared {
    /// The header and the body.
    pub(super) fn finish(self) -> (Bytes, Segments) {
        let body = match self.parts {
            Parts::Plain(pieces) => {
                let plain = |piece: Piece| BodyPart { prefix: None, data: piece.into_buffer() };
                assemble(pieces.into_iter().map(plain))
            }
            Parts::Compressed(parts) => assemble(parts),
        };
        (self.header, body)
    }
}
