//! Makes one message from one layout, and judges its size before it is made.

use bytes::BytesMut;

use super::body::{Plan, assemble};
use super::compressors::Compressors;
use super::header::{BatchHeader, DictionaryHeader};
use super::layout::Layout;
use super::split::Attempt;
use crate::ipc::Compression;
use crate::{EncodeError, Segments};

/// How many times larger than the limit on a message its content may be before compression. It
/// bounds what a reader has to unpack at once when data compresses extremely well.
const UNPACKED_FACTOR: usize = 8;

/// How long the two parts of a message are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageLen {
    /// The flatbuffer.
    pub header: usize,
    /// The body, padding included.
    pub body: usize,
}

/// Makes messages from layouts.
#[derive(Debug)]
pub(super) struct MessageWriter {
    compression: Option<Compression>,
    compressors: Option<Compressors>,
    /// A layout that was used, for its memory.
    spare: Layout,
    /// The size of the last body after compression, relative to the size before.
    ratio: f64,
    /// The size above which messages are split, in bytes.
    max: usize,
}

/// A message of which everything is known, and nothing written.
#[derive(Debug)]
pub(super) struct Prepared {
    layout: Layout,
    compression: Option<Compression>,
    dictionary: Option<DictionaryHeader>,
    /// Of the header.
    header_len: usize,
    plan: Plan,
}

impl MessageWriter {
    pub(super) fn new(compression: Option<Compression>, max: usize) -> Self {
        let compressors = compression.map(Compressors::new);
        Self { compression, compressors, spare: Layout::default(), ratio: 1.0, max }
    }

    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// Memory for the layout of the next message.
    pub(super) fn layout(&mut self) -> Layout {
        std::mem::take(&mut self.spare)
    }

    /// A message with this layout, unless it is clear beforehand that it will be too large.
    pub(super) fn attempt(
        &mut self,
        mut layout: Layout,
        dictionary: Option<DictionaryHeader>,
        must: bool,
        size: impl FnOnce(MessageLen) -> usize,
    ) -> Result<Attempt<Prepared>, EncodeError> {
        let expected = self.expected(layout.body_len);
        if !must && expected > self.max {
            self.keep(layout);
            return Ok(Attempt::TooLarge(expected));
        }
        if let Some(compressors) = &self.compressors {
            let unpacked = layout.body_len;
            layout.body_len = compressors.compress(&mut layout.pieces, unpacked)?;
            if unpacked > 0 {
                self.ratio = layout.body_len as f64 / unpacked as f64;
            }
        }
        let compression = self.compression;
        let header_len = BatchHeader { layout: &layout, compression, dictionary }.len();
        let size = size(MessageLen { header: header_len, body: layout.body_len });
        let plan = Plan::new(&layout.pieces);
        let message = Prepared { layout, compression, dictionary, header_len, plan };
        Ok(Attempt::Done(message, size))
    }

    /// The message's body behind `front`, which begins the first segment and has room for
    /// [`gathered_len`](Prepared::gathered_len) bytes more.
    pub(super) fn body(&mut self, message: Prepared, front: BytesMut) -> Segments {
        let Prepared { mut layout, plan, .. } = message;
        let body = assemble(front, layout.pieces.drain(..), &plan);
        self.keep(layout);
        body
    }

    /// Keeps the memory of a layout, and nothing of its arrays.
    fn keep(&mut self, mut layout: Layout) {
        layout.pieces.clear();
        self.spare = layout;
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
}

impl Prepared {
    pub(super) fn len(&self) -> MessageLen {
        MessageLen { header: self.header_len, body: self.layout.body_len }
    }

    /// Appends the header.
    pub(super) fn write_header(&self, out: &mut BytesMut) {
        let Self { layout, compression, dictionary, .. } = self;
        let (compression, dictionary) = (*compression, *dictionary);
        BatchHeader { layout, compression, dictionary }.write(out);
    }

    /// How many bytes of the body are copied behind what the first segment begins with.
    pub(super) fn gathered_len(&self) -> usize {
        self.plan.gathered_len
    }
}
