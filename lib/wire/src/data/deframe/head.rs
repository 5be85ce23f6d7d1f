//! The head of a message that lies in one piece, which nearly all do: read in one go.
//!
//! What is unusual is left to the reader of single bytes: a head that is cut by the end of the
//! piece, a field that comes twice or is not known, fields behind the body, and every error.

use std::ops::Range;

use super::{APP_METADATA, DATA_BODY, DATA_HEADER, DESCRIPTOR};
use crate::pb;

/// Where the fields lie, from the start of the message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) descriptor: Option<Range<usize>>,
    pub(super) data_header: Option<Range<usize>>,
    pub(super) app_metadata: Option<Range<usize>>,
    /// How long the body is; it is all that follows.
    pub(super) body_len: Option<usize>,
    /// How long the head is.
    pub(super) len: usize,
}

impl Head {
    /// The head of a message of `len` bytes, of which `bytes` are here.
    pub(super) fn read(bytes: &[u8], len: usize) -> Option<Self> {
        let mut head = Self::default();
        while head.len < len {
            let (tag, value_len) = (varint(bytes, &mut head.len)?, varint(bytes, &mut head.len)?);
            let value_len = usize::try_from(value_len).ok()?;
            let end = head.len.checked_add(value_len).filter(|end| *end <= len)?;
            if tag == field(DATA_BODY) {
                head.body_len = Some(value_len);
                return (end == len).then_some(head);
            }
            let place = match tag {
                tag if tag == field(DESCRIPTOR) => &mut head.descriptor,
                tag if tag == field(DATA_HEADER) => &mut head.data_header,
                tag if tag == field(APP_METADATA) => &mut head.app_metadata,
                _ => return None,
            };
            if end > bytes.len() || place.is_some() {
                return None;
            }
            *place = Some(head.len..end);
            head.len = end;
        }
        Some(head)
    }
}

/// The tag of a field of bytes.
const fn field(number: u32) -> u64 {
    (number as u64) << 3 | pb::LEN as u64
}

/// Lengths and tags of more bytes than this are unusual.
const VARINT_LEN_MAX: usize = 5;

/// The varint at `at`, which moves behind it.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for place in 0..VARINT_LEN_MAX {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_any_order_before_the_body() {
        let bytes = b"\x1a\x02me\x12\x04head\x0a\x01d\xc2\x3e\x05";
        let head = Head::read(bytes, bytes.len() + 5).unwrap();
        assert_eq!(head.app_metadata, Some(2..4));
        assert_eq!(head.data_header, Some(6..10));
        assert_eq!(head.descriptor, Some(12..13));
        assert_eq!((head.body_len, head.len), (Some(5), bytes.len()));
        for cut in 0..bytes.len() {
            assert_eq!(Head::read(&bytes[..cut], bytes.len() + 5), None, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_others() {
        let cases: [&[u8]; 6] = [
            b"\x12\x01h\x12\x01h",
            b"\xc2\x3e\x01b\x12\x01h",
            b"\x22\x01x",
            b"\x10\x01",
            b"\x12\x02h",
            b"\x12\x80\x80\x80\x80\x80\x00",
        ];
        for bytes in cases {
            assert_eq!(Head::read(bytes, bytes.len()), None, "{bytes:?}");
        }
        assert_eq!(Head::read(b"", 0), Some(Head::default()));
        assert_eq!(Head::read(b"\x12\x00", 2).unwrap().data_header, Some(2..2));
    }
}
