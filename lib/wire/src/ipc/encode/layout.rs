//! What one message's body consists of: field nodes and buffers, laid out but not yet joined.

use std::fmt;

use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_ipc::FieldNode;

use super::body::GATHER_BYTES_MAX;

/// Every buffer of a body starts at a multiple of this many bytes, as the specification
/// recommends: wide enough for any vector instruction and for a cache line.
pub(super) const ALIGNMENT: usize = 64;

/// How long the length before compressed data is.
const PREFIX_LEN: usize = size_of::<i64>();

/// `len` rounded up to [`ALIGNMENT`].
pub(super) fn padded(len: usize) -> usize {
    len.next_multiple_of(ALIGNMENT)
}

/// One buffer of a body.
pub(super) enum Piece {
    /// No bytes: a validity bitmap that is left out.
    Empty,
    /// A slice of the array's own memory.
    Shared(Buffer),
    /// Memory that has to be written first; its length is known already.
    Deferred {
        /// In bytes.
        len: usize,
        /// Makes it.
        make: Box<dyn FnOnce() -> Buffer + Send + Sync>,
    },
    /// What was compressed, or was to be.
    Packed {
        /// What goes before the data: its length before compression (-1: stored as it is).
        prefix: i64,
        data: Buffer,
    },
}

impl Piece {
    /// In bytes, without padding.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Shared(buffer) => buffer.len(),
            Self::Deferred { len, .. } => *len,
            Self::Packed { data, .. } => PREFIX_LEN + data.len(),
        }
    }

    /// How many of its bytes are copied: all where they are few, else those that are no buffer.
    pub(super) fn copied_len(&self) -> usize {
        match self.len() {
            len if len < GATHER_BYTES_MAX => len,
            _ if matches!(self, Self::Packed { .. }) => PREFIX_LEN,
            _ => 0,
        }
    }

    /// The bytes behind the prefix; `None`: there are none.
    pub(super) fn into_buffer(self) -> Option<Buffer> {
        match self {
            Self::Empty => None,
            Self::Shared(data) | Self::Packed { data, .. } => Some(data),
            Self::Deferred { len, make } => {
                let buffer = make();
                debug_assert_eq!(
                    buffer.len(),
                    len,
                    "a deferred buffer has the length it announced"
                );
                Some(buffer)
            }
        }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Empty => "Empty",
            Self::Shared(_) => "Shared",
            Self::Deferred { .. } => "Deferred",
            Self::Packed { .. } => "Packed",
        };
        write!(f, "{kind}({})", self.len())
    }
}

/// The layout of one record batch: everything its header says and its body holds.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// How many rows.
    pub(super) rows: usize,
    /// A node for each field, depth first.
    pub(super) nodes: Vec<FieldNode>,
    /// The buffers, in the order of the nodes.
    pub(super) pieces: Vec<Piece>,
    /// For each view column, how many data buffers it has.
    pub(super) variadic_counts: Vec<i64>,
    /// The length of the body in bytes, padding included.
    pub(super) body_len: usize,
}

impl Layout {
    /// Makes it that of another batch, of which nothing is there yet. Its memory stays.
    pub(super) fn restart(&mut self, rows: usize) {
        self.rows = rows;
        self.nodes.clear();
        self.pieces.clear();
        self.variadic_counts.clear();
        self.body_len = 0;
    }

    /// Where the buffers start in the body, and how long they are.
    pub(super) fn buffers(&self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        let mut end = 0;
        self.pieces.iter().map(move |piece| {
            let (start, len) = (end, piece.len());
            end += padded(len);
            (start, len)
        })
    }

    /// Starts a field that has no validity bitmap (null, union, run-end-encoded).
    pub(super) fn node(&mut self, len: usize, null_count: usize) {
        self.nodes.push(FieldNode::new(to_i64(len), to_i64(null_count)));
    }

    /// Starts a field: its node and its validity bitmap, which is left out (zero bytes) where the
    /// range has no nulls.
    pub(super) fn field(&mut self, nulls: Option<&NullBuffer>, start: usize, len: usize) {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let range = nulls.map(|nulls| match (start, nulls.len()) {
            (0, whole) if whole == len => nulls.clone(),
            _ => nulls.slice(start, len),
        });
        match range.filter(|nulls| nulls.null_count() > 0) {
            Some(nulls) => {
                self.node(len, nulls.null_count());
                self.bits(nulls.into_inner());
            }
            None => {
                self.node(len, 0);
                self.empty();
            }
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.body_len += padded(piece.len());
        self.pieces.push(piece);
    }

    pub(super) fn empty(&mut self) {
        self.pieces.push(Piece::Empty);
    }

    pub(super) fn deferred(
        &mut self,
        len: usize,
        make: impl FnOnce() -> Buffer + Send + Sync + 'static,
    ) {
        self.push(Piece::Deferred { len, make: Box::new(make) });
    }

    /// Elements `start..start + len` of a buffer of `width` bytes each.
    pub(super) fn slice(&mut self, buffer: &Buffer, width: usize, start: usize, len: usize) {
        self.push(Piece::Shared(buffer.slice_with_length(start * width, len * width)));
    }

    pub(super) fn scalars<T: ArrowNativeType>(
        &mut self,
        values: &ScalarBuffer<T>,
        start: usize,
        len: usize,
    ) {
        self.slice(values.inner(), size_of::<T>(), start, len);
    }

    /// Bits: shared where they start on a byte, else shifted into memory of their own.
    pub(super) fn bits(&mut self, bits: BooleanBuffer) {
        if bits.offset().is_multiple_of(8) {
            self.push(Piece::Shared(bits.sliced()));
        } else {
            self.deferred(bits.len().div_ceil(8), move || bits.sliced());
        }
    }

    /// Offsets `start..=start + len`, which are made to start at 0. Returns the range of values
    /// that they delimit.
    #[cfg_attr(
        not(test),
        expect(clippy::indexing_slicing, reason = "an array has one more offset than rows")
    )]
    pub(super) fn offsets<T: ArrowNativeType>(
        &mut self,
        offsets: &ScalarBuffer<T>,
        start: usize,
        len: usize,
    ) -> (usize, usize) {
        let (first, last) = (offsets[start], offsets[start + len]);
        let base = first.as_usize();
        if base == 0 {
            self.scalars(offsets, start, len + 1);
        } else {
            let offsets = offsets.slice(start, len + 1);
            self.deferred((len + 1) * size_of::<T>(), move || {
                offsets.iter().map(|offset| T::usize_as(offset.as_usize() - base)).collect()
            });
        }
        (base, last.as_usize() - base)
    }
}

/// Lengths in memory are at most `isize::MAX`.
pub(super) fn to_i64(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
