//! [`MessageEncoding`]: gRPC's own compression of messages, which is only ever read here.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder;

use crate::DecodeError;

/// How much of its history a Zstandard frame may refer to: 16 MiB. Writers use up to 8 MiB but at
/// the highest levels; without a bound a few bytes could claim 128 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 24;

/// How the messages of a call that are marked as compressed are compressed (`grpc-encoding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageEncoding {
    /// `gzip`
    Gzip,
    /// `zstd`
    Zstd,
}

impl MessageEncoding {
    /// What is understood, as `grpc-accept-encoding` lists it.
    pub const ACCEPTED: &'static str = "identity,gzip,zstd";

    /// The encoding of that name. `identity` is none.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"gzip" => Some(Self::Gzip),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Decompresses a message.
    ///
    /// # Errors
    /// When it is malformed, or longer than `bytes_max` (a [limit](DecodeError::is_limit)).
    pub fn decompress(self, message: &[u8], bytes_max: usize) -> Result<Bytes, DecodeError> {
        const FIELD: &str = "compressed gRPC message";
        let invalid = |error: std::io::Error| DecodeError::invalid(FIELD, error.to_string());
        // One more than fits tells whether there is more.
        let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let mut out = Vec::new();
        match self {
            Self::Gzip => MultiGzDecoder::new(message).take(bound).read_to_end(&mut out),
            Self::Zstd => {
                let mut decoder = Decoder::with_buffer(message).map_err(invalid)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(invalid)?;
                decoder.take(bound).read_to_end(&mut out)
            }
        }
        .map_err(invalid)?;
        if out.len() > bytes_max {
            return Err(DecodeError::limit(FIELD, out.len() as u64, bytes_max));
        }
        Ok(out.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 3).unwrap()
    }

    type Compress = fn(&[u8]) -> Vec<u8>;

    const BOTH: [(MessageEncoding, Compress); 2] =
        [(MessageEncoding::Gzip, gzip), (MessageEncoding::Zstd, zstd)];

    #[test]
    fn round_trip_up_to_the_limit() {
        for (encoding, compress) in BOTH {
            for len in [0, 1, 1000] {
                let message = vec![7; len];
                let found = encoding.decompress(&compress(&message), 1000).unwrap();
                assert_eq!(found, message, "{encoding:?}");
            }
            let error = encoding.decompress(&compress(&[7; 1001]), 1000).unwrap_err();
            assert!(error.is_limit(), "{error}");
            // A bomb is stopped where the limit is.
            let error = encoding.decompress(&compress(&vec![0; 10 << 20]), 1000).unwrap_err();
            assert!(error.to_string().contains("1001"), "{error}");
        }
    }

    #[test]
    fn what_is_cut_or_damaged() {
        for (encoding, compress) in BOTH {
            let whole = compress(b"0123456789 0123456789 0123456789");
            for len in 1..whole.len() {
                assert!(encoding.decompress(&whole[..len], 1000).is_err(), "{encoding:?} {len}");
            }
            assert!(encoding.decompress(b"not compressed", 1000).is_err());
        }
    }

    #[test]
    fn a_window_that_is_too_large_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(b"x").unwrap();
        let frame = encoder.finish().unwrap();
        assert!(MessageEncoding::Zstd.decompress(&frame, 1000).is_err());
    }

    #[test]
    fn names() {
        for name in MessageEncoding::ACCEPTED.split(',').skip(1) {
            assert!(MessageEncoding::from_name(name.as_bytes()).is_some(), "{name}");
        }
        assert_eq!(MessageEncoding::from_name(b"identity"), None);
        assert_eq!(MessageEncoding::from_name(b"snappy"), None);
    }
}
