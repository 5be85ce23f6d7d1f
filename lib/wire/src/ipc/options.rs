//! How record batches are written: message sizes, compression, dictionaries.

/// The default of [`EncodeOptions::message_bytes_max`]: 64 KiB below the 4 MiB (4 194 304 bytes)
/// that gRPC peers take by default, so that no default limit is met exactly.
const MESSAGE_BYTES_MAX: usize = (4 << 20) - (64 << 10);

/// The largest message protobuf and the C++ implementation can express, in bytes.
pub(crate) const PROTOCOL_BYTES_MAX: usize = i32::MAX as usize;

/// How a stream of record batches is put into messages.
///
/// ```
/// use wingbeat_wire::ipc::{Compression, EncodeOptions};
/// let options = EncodeOptions::default().with_compression(Compression::Lz4Frame);
/// assert!(options.message_bytes_max < Some(4 << 20));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// Messages are split to stay at or below this many bytes, counted as they travel: gRPC
    /// prefix, `FlightData` fields and padded body together. Soft: one row, or one dictionary
    /// without [`dictionary_deltas`](Self::dictionary_deltas), travels whole however large it is.
    /// `None`: a batch is one message unless a hard limit makes it more. Just below 4 MiB by
    /// default, which every peer takes.
    pub message_bytes_max: Option<usize>,
    /// A limit on a message that the peer has announced, in bytes, counted in the same way. Hard:
    /// what cannot be split below it is an error. 2 GiB - 1, the protocol's limit, always applies.
    pub peer_bytes_max: Option<usize>,
    /// Compression of the message bodies; `None` sends the Arrow buffers as they are.
    pub compression: Option<Compression>,
    /// Whether a dictionary that grew is sent as the difference, and one that is too large for a
    /// message in pieces. Off by default: Java readers take no deltas.
    pub dictionary_deltas: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            message_bytes_max: Some(MESSAGE_BYTES_MAX),
            peer_bytes_max: None,
            compression: None,
            dictionary_deltas: false,
        }
    }
}

impl EncodeOptions {
    /// Sets [`message_bytes_max`](Self::message_bytes_max).
    #[must_use]
    pub fn with_message_bytes_max(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.message_bytes_max = bytes.into();
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

    /// The hard limit on a message, in bytes.
    pub(crate) fn hard_bytes_max(&self) -> usize {
        self.peer_bytes_max.map_or(PROTOCOL_BYTES_MAX, |peer| peer.min(PROTOCOL_BYTES_MAX))
    }

    /// The size above which a message is split where it can be, in bytes.
    pub(crate) fn split_bytes_max(&self) -> usize {
        let hard = self.hard_bytes_max();
        self.message_bytes_max.map_or(hard, |soft| soft.min(hard))
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
