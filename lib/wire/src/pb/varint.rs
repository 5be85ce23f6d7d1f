//! Variable-length integers, whole or arriving a byte at a time.

use bytes::BufMut;

use crate::DecodeError;

/// A varint of 64 bits has at most this many bytes.
const VARINT_LEN_MAX: usize = 10;

/// How many bytes `value` takes.
pub(crate) const fn varint_len(value: u64) -> usize {
    match value.checked_ilog2() {
        Some(bits) => (bits as usize) / 7 + 1,
        None => 1,
    }
}

/// Appends `value`.
pub(crate) fn put_varint(to: &mut impl BufMut, mut value: u64) {
    while value >= 0x80 {
        to.put_u8((value as u8) | 0x80);
        value >>= 7;
    }
    to.put_u8(value as u8);
}

/// A varint of which some bytes may still be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VarintReader {
    value: u64,
    bytes: u8,
}

impl VarintReader {
    /// Takes the next byte; gives the value with the last one and starts anew.
    pub(crate) fn push(&mut self, byte: u8) -> Result<Option<u64>, DecodeError> {
        let last_place = usize::from(self.bytes) + 1 == VARINT_LEN_MAX;
        if last_place && byte > 1 {
            let why = "does not fit in 64 bits";
            return Err(DecodeError::invalid("protobuf varint", why));
        }
        self.value |= u64::from(byte & 0x7f) << (7 * self.bytes);
        self.bytes += 1;
        if byte & 0x80 != 0 {
            return Ok(None);
        }
        Ok(Some(std::mem::take(self).value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<u64>, DecodeError> {
        let mut reader = VarintReader::default();
        for (at, &byte) in bytes.iter().enumerate() {
            if let Some(value) = reader.push(byte)? {
                assert_eq!(at + 1, bytes.len(), "ended early");
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    #[test]
    fn every_length_at_its_borders() {
        for bits in 0..64 {
            for value in [1u64 << bits, (1 << bits) - 1, !0 >> bits] {
                let mut bytes = Vec::new();
                put_varint(&mut bytes, value);
                assert_eq!(bytes.len(), varint_len(value), "{value}");
                assert_eq!(read(&bytes), Ok(Some(value)));
                bytes.pop();
                assert_eq!(read(&bytes), Ok(None));
            }
        }
        assert_eq!(varint_len(u64::MAX), VARINT_LEN_MAX);
    }

    #[test]
    fn padding_is_read_and_overflow_is_not() {
        assert_eq!(read(&[0x81, 0x80, 0x00]), Ok(Some(1)));
        let mut long = [0xff; 10];
        long[9] = 0x01;
        assert_eq!(read(&long), Ok(Some(u64::MAX)));
        long[9] = 0x02;
        assert!(read(&long).is_err());
        long[9] = 0x80;
        assert!(read(&long).is_err());
    }
}
