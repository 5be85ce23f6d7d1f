//! The five bytes before every message: a flag for compression and the length.

use bytes::Bytes;

use crate::{DecodeError, Limits, Segments};

/// How long the prefix of a message is.
pub const PREFIX_LEN: usize = 5;

/// Puts the prefix of an uncompressed message before it.
///
/// # Panics
/// When the message is 4 GiB or longer, which the prefix cannot say.
pub fn frame(message: Bytes) -> Segments {
    #[expect(clippy::disallowed_methods, reason = "five bytes of head, none of the body")]
    let head = Bytes::copy_from_slice(&prefix(message.len()));
    let mut segments = Segments::from(head);
    segments.push(message);
    segments
}

/// The prefix of an uncompressed message of `len` bytes.
///
/// # Panics
/// As [`frame`].
pub(crate) fn prefix(len: usize) -> [u8; PREFIX_LEN] {
    assert!(u32::try_from(len).is_ok(), "a gRPC message cannot have {len} bytes, at most 2^32 - 1");
    let [a, b, c, d] = (len as u32).to_be_bytes();
    [0, a, b, c, d]
}

/// A prefix of which some bytes may still be missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrefixReader {
    bytes: [u8; PREFIX_LEN],
    have: usize,
}

impl PrefixReader {
    /// Takes bytes off the front of `data`; gives the message's length when all five were seen, and
    /// starts anew.
    ///
    /// # Errors
    /// When the message is compressed, or longer than the limit.
    pub(crate) fn read(
        &mut self,
        data: &mut Bytes,
        limits: &Limits,
    ) -> Result<Option<usize>, DecodeError> {
        let part = data.split_to(data.len().min(PREFIX_LEN - self.have));
        for (place, byte) in self.bytes.iter_mut().skip(self.have).zip(&part) {
            *place = *byte;
        }
        self.have += part.len();
        if self.have < PREFIX_LEN {
            return Ok(None);
        }
        self.have = 0;
        let [flag, a, b, c, d] = self.bytes;
        match flag {
            0 => {}
            1 => return Err(DecodeError::unsupported("gRPC message", "compression")),
            other => {
                let why = format!("compressed flag is {other}, expected 0 or 1");
                return Err(DecodeError::invalid("gRPC message", why));
            }
        }
        let len = u32::from_be_bytes([a, b, c, d]);
        match usize::try_from(len) {
            Ok(len) if len <= limits.message_bytes_max => Ok(Some(len)),
            _ => {
                let field = "gRPC message length";
                Err(DecodeError::limit(field, u64::from(len), limits.message_bytes_max))
            }
        }
    }

    /// Whether the stream may end here.
    ///
    /// # Errors
    /// When a part of a prefix is there.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        match self.have {
            0 => Ok(()),
            have => Err(DecodeError::truncated("gRPC message prefix", PREFIX_LEN, have)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_without_copying_the_message() {
        let message = Bytes::from(vec![7; 258]);
        let framed = frame(message.clone());
        assert_eq!(framed.to_bytes()[..PREFIX_LEN], [0, 0, 0, 1, 2]);
        assert_eq!(framed.iter().nth(1).map(|piece| piece.as_ptr()), Some(message.as_ptr()));
        assert_eq!(frame(Bytes::new()).to_bytes(), &[0; 5][..]);
    }

    fn read(bytes: &'static [u8], limits: &Limits) -> Result<Option<usize>, DecodeError> {
        PrefixReader::default().read(&mut Bytes::from_static(bytes), limits)
    }

    #[test]
    fn reads_in_parts_and_leaves_the_rest() {
        let limits = Limits::default();
        let mut reader = PrefixReader::default();
        for byte in [0, 0, 0, 1] {
            let mut data = Bytes::copy_from_slice(&[byte]);
            assert_eq!(reader.read(&mut data, &limits), Ok(None));
        }
        let error = reader.finish().unwrap_err().to_string();
        assert_eq!(error, "gRPC message prefix is cut short: needs 5 bytes, has 4");
        let mut data = Bytes::from_static(b"\x02rest");
        assert_eq!(reader.read(&mut data, &limits), Ok(Some(258)));
        assert_eq!((data, reader.finish()), (Bytes::from_static(b"rest"), Ok(())));
    }

    #[test]
    fn the_limit_holds_from_the_prefix_alone() {
        let limits = Limits::default().with_message_bytes_max(258);
        assert_eq!(read(b"\0\0\0\x01\x02", &limits), Ok(Some(258)));
        let error = read(b"\0\0\0\x01\x03", &limits).unwrap_err();
        assert!(error.is_limit());
        assert_eq!(error.to_string(), "gRPC message length is 259, above the limit of 258");
    }

    #[test]
    fn flags() {
        let limits = Limits::default();
        let text = |bytes| read(bytes, &limits).unwrap_err().to_string();
        assert_eq!(text(b"\x01\0\0\0\0"), "gRPC message: compression is not supported");
        assert_eq!(text(b"\x02\0\0\0\0"), "gRPC message: compressed flag is 2, expected 0 or 1");
    }
}
