//! How record batches are written: message sizes, compression, dictionaries.

use crate::grpc::PREFIX_LEN;

/// The size of messages for a peer of which nothing is known: 64 KiB below the 4 MiB (4 194 304
/// bytes) that gRPC peers take by default, so that no default limit is met exactly.
const MESSAGE_BYTES_MAX: usize = (4 << 20) - (64 << 10);

/// The largest message protobuf and the C++ implementation can express, in bytes.
pub(crate) const PROTOCOL_BYTES_MAX: usize = i32::MAX as usize;

/// How a stream of record batches is put into messages.
///
/// ```
/// use wingbeat_wire::ipc::{Compression, EncodeOptions, MessageSize};
/// let options = EncodeOptions::default().with_compression(Compression::Lz4Frame);
/// assert_eq!(options.message_size, MessageSize::AsPeerTakes);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// How large messages become before they are split.
    pub message_size: MessageSize,
    /// A limit on a message that the peer has announced, in bytes, counted as in
    /// [`MessageSize`]. Hard: what cannot be split below it is an error. 2 GiB - 1, the
    /// protocol's limit, always applies.
    pub peer_bytes_max: Option<usize>,
    /// Compression of the message bodies; `None` sends the Arrow buffers as they are.
    pub compression: Option<Compression>,
    /// Where the receiver has a message in its memory; see [`Placement`].
    pub placement: Placement,
    /// Whether a dictionary that grew is sent as the difference, and one that is too large for a
    /// message in pieces. Off by default: Java readers take no deltas.
    pub dictionary_deltas: bool,
}

impl EncodeOptions {
    /// Sets [`message_size`](Self::message_size).
    #[must_use]
    pub fn with_message_size(mut self, size: impl Into<MessageSize>) -> Self {
        self.message_size = size.into();
        self
    }

    /// Sets [`peer_bytes_max`](Self::peer_bytes_max).
    #[must_use]
    pub fn with_peer_bytes_max(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.peer_bytes_max = bytes.into();
        self
    }

    /// Sets [`compression`](Self::compression).
    #[must_use]
    pub fn with_compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.compression = compression.into();
        self
    }

    /// Sets [`dictionary_deltas`](Self::dictionary_deltas).
    #[must_use]
    pub fn with_dictionary_deltas(mut self, deltas: bool) -> Self {
        self.dictionary_deltas = deltas;
        self
    }

    /// Sets [`placement`](Self::placement).
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// The hard limit on a message, in bytes.
    pub(crate) fn hard_bytes_max(&self) -> usize {
        self.peer_bytes_max.map_or(PROTOCOL_BYTES_MAX, |peer| peer.min(PROTOCOL_BYTES_MAX))
    }

    /// The size above which a message is split where it can be, in bytes.
    pub(crate) fn split_bytes_max(&self) -> usize {
        let hard = self.hard_bytes_max();
        match self.message_size {
            MessageSize::AsPeerTakes if self.peer_bytes_max.is_some() => hard,
            MessageSize::AsPeerTakes => MESSAGE_BYTES_MAX.min(hard),
            MessageSize::AtMost(bytes) => bytes.min(hard),
            MessageSize::Whole => hard,
        }
    }
}

/// How large a message may become before its batch is split, in bytes as they travel: gRPC prefix,
/// `FlightData` fields and padded body together. Soft: one row, or one dictionary without
/// [`dictionary_deltas`](EncodeOptions::dictionary_deltas), travels whole however large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MessageSize {
    /// As large as the peer takes, where that is known ([`EncodeOptions::peer_bytes_max`]), so that
    /// a batch travels whole; else just below 4 MiB, which every peer takes.
    #[default]
    AsPeerTakes,
    /// At most so many bytes.
    AtMost(usize),
    /// A batch is one message unless a hard limit makes it more.
    Whole,
}

impl From<usize> for MessageSize {
    fn from(bytes_max: usize) -> Self {
        Self::AtMost(bytes_max)
    }
}

/// Where a receiver has a message in its memory. A message's head is padded so that its body then
/// starts at a multiple of 64 bytes, or of whatever less the memory itself starts at a multiple
/// of; arrays that are slices of it need no copy to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Placement {
    /// The message is copied together into memory of its own, without gRPC's prefix: what gRPC's C
    /// core does, and so C++ and Python. Does no harm with others.
    #[default]
    Message,
    /// The message is used as it lies in the HTTP/2 frame that it is sent in, frame head and
    /// prefix included: what this implementation does.
    Frame,
    /// Nothing is known, and nothing is padded.
    Unknown,
}

/// How long the head of an HTTP/2 frame is (RFC 9113, section 4.1).
const FRAME_HEAD_LEN: usize = 9;

impl Placement {
    /// How far behind a multiple of 64 bytes a receiver has the first byte of a message's prefix.
    pub(crate) fn offset(self) -> Option<usize> {
        match self {
            Self::Message => Some(64 - PREFIX_LEN),
            Self::Frame => Some(FRAME_HEAD_LEN),
            Self::Unknown => None,
        }
    }
}

/// Compression of IPC message bodies, buffer by buffer (`BodyCompression` in `Message.fbs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// LZ4 in its frame format: fast, a modest ratio.
    Lz4Frame,
    /// Zstandard.
    Zstd {
        /// The level, 1 (fastest) to 22; 0 is the library's default, 3.
        level: i32,
    },
}
