//! How much a peer may ask of this process.

/// Bounds on what a peer's bytes may cost. The defaults suit a server on a trusted network that
/// also takes the large messages of writers which do not split (pyarrow, Java).
///
/// ```
/// use wingbeat_wire::Limits;
/// let limits = Limits::default().with_message_bytes_max(16 << 20);
/// assert_eq!(limits.message_bytes_max, 16 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest gRPC message taken, in bytes, by its length prefix. 256 MiB: C++ and Java
    /// writers put a whole batch into one message, however large it is.
    pub message_bytes_max: usize,
    /// The largest body of one message after decompression, in bytes. 1 GiB: four times
    /// `message_bytes_max`, a good ratio for LZ4 and ZSTD, while a bomb is stopped.
    pub decoded_bytes_max: usize,
    /// Up to this length, in bytes, a peer is believed what its few bytes stand for: what a
    /// compressed buffer holds, and rows without bytes of their own, eight to a byte. Above it
    /// memory grows with what really appears. What has to arrive itself is believed less: memory
    /// for it is taken at once up to 1 MiB (or up to this length, if that is less), and above that
    /// when an eighth of it is there, so that a claim costs the claimant its bytes first. 16 MiB:
    /// most messages, and a modest loss.
    pub claim_bytes_max: usize,
    /// How deep types may be nested. 64: far more than real schemas, far less than the stack.
    pub nesting_depth_max: usize,
    /// The dictionaries that one stream may hold in memory, in bytes. 1 GiB: dictionaries stay
    /// for the life of the stream, so that a stream of them would otherwise grow for ever.
    pub dictionary_bytes_max: usize,
    /// The fields a schema may have, nested ones included. 100 000: wider tables exist only as
    /// mistakes, and every field costs some hundred bytes for a few bytes on the wire.
    pub fields_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 256 << 20,
            decoded_bytes_max: 1 << 30,
            claim_bytes_max: 16 << 20,
            nesting_depth_max: 64,
            dictionary_bytes_max: 1 << 30,
            fields_max: 100_000,
        }
    }
}

impl Limits {
    /// Sets [`message_bytes_max`](Self::message_bytes_max).
    #[must_use]
    pub fn with_message_bytes_max(mut self, bytes: usize) -> Self {
        self.message_bytes_max = bytes;
        self
    }

    /// Sets [`decoded_bytes_max`](Self::decoded_bytes_max).
    #[must_use]
    pub fn with_decoded_bytes_max(mut self, bytes: usize) -> Self {
        self.decoded_bytes_max = bytes;
        self
    }

    /// Sets [`claim_bytes_max`](Self::claim_bytes_max).
    #[must_use]
    pub fn with_claim_bytes_max(mut self, bytes: usize) -> Self {
        self.claim_bytes_max = bytes;
        self
    }

    /// Sets [`nesting_depth_max`](Self::nesting_depth_max).
    #[must_use]
    pub fn with_nesting_depth_max(mut self, depth: usize) -> Self {
        self.nesting_depth_max = depth;
        self
    }

    /// Sets [`dictionary_bytes_max`](Self::dictionary_bytes_max).
    #[must_use]
    pub fn with_dictionary_bytes_max(mut self, bytes: usize) -> Self {
        self.dictionary_bytes_max = bytes;
        self
    }

    /// Sets [`fields_max`](Self::fields_max).
    #[must_use]
    pub fn with_fields_max(mut self, fields: usize) -> Self {
        self.fields_max = fields;
        self
    }
}
