//! Writes the fields of a message.

use bytes::Bytes;

use super::{FIXED64, LEN, Proto, VARINT, put_varint, varint_len};

/// A message under construction. The methods named after proto types leave a zero out, as proto3
/// does; those that start with `explicit` do not.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn finish(self) -> Bytes {
        self.out.into()
    }

    pub(crate) fn bytes(&mut self, number: u32, value: &[u8]) {
        if !value.is_empty() {
            self.explicit_bytes(number, value);
        }
    }

    pub(crate) fn string(&mut self, number: u32, value: &str) {
        self.bytes(number, value.as_bytes());
    }

    pub(crate) fn explicit_bytes(&mut self, number: u32, value: &[u8]) {
        self.tag(number, LEN);
        put_varint(&mut self.out, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    pub(crate) fn uint64(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.explicit_uint64(number, value);
        }
    }

    pub(crate) fn explicit_uint64(&mut self, number: u32, value: u64) {
        self.tag(number, VARINT);
        put_varint(&mut self.out, value);
    }

    pub(crate) fn int64(&mut self, number: u32, value: i64) {
        self.uint64(number, value.cast_unsigned());
    }

    /// An `int32` or an enumeration; negative ones take ten bytes.
    pub(crate) fn int32(&mut self, number: u32, value: i32) {
        self.int64(number, i64::from(value));
    }

    pub(crate) fn bool(&mut self, number: u32, value: bool) {
        self.uint64(number, u64::from(value));
    }

    pub(crate) fn explicit_sfixed64(&mut self, number: u32, value: i64) {
        self.tag(number, FIXED64);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn explicit_double(&mut self, number: u32, value: f64) {
        self.explicit_sfixed64(number, value.to_bits().cast_signed());
    }

    /// An embedded message, written even when it is empty.
    pub(crate) fn message(&mut self, number: u32, message: &impl Proto) {
        self.nested(number, |inner| message.write(inner));
    }

    /// An embedded message, if there is one.
    pub(crate) fn optional(&mut self, number: u32, message: Option<&impl Proto>) {
        if let Some(message) = message {
            self.message(number, message);
        }
    }

    /// An embedded message of which `write` writes the fields. They are written in place; only
    /// then is their length known, and they move up to make room for it.
    pub(crate) fn nested(&mut self, number: u32, write: impl FnOnce(&mut Self)) {
        self.tag(number, LEN);
        let start = self.out.len();
        write(self);
        let end = self.out.len();
        put_varint(&mut self.out, (end - start) as u64);
        let len = varint_len((end - start) as u64);
        if let Some(written) = self.out.get_mut(start..) {
            written.rotate_right(len);
        }
    }

    fn tag(&mut self, number: u32, wire_type: u8) {
        put_varint(&mut self.out, u64::from(number << 3 | u32::from(wire_type)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_left_out_unless_explicit() {
        let mut writer = Writer::default();
        writer.bytes(1, b"");
        writer.string(2, "");
        writer.uint64(3, 0);
        writer.bool(4, false);
        writer.int32(5, 0);
        assert!(writer.out.is_empty());
        writer.explicit_bytes(1, b"");
        writer.explicit_uint64(2, 0);
        writer.explicit_double(3, 0.0);
        assert_eq!(writer.finish(), &b"\x0a\x00\x10\x00\x19\0\0\0\0\0\0\0\0"[..]);
    }

    #[test]
    fn nested_lengths_of_one_and_two_bytes() {
        for len in [0usize, 1, 127, 128, 300] {
            let mut writer = Writer::default();
            writer.nested(1, |inner| inner.nested(1000, |inner| inner.out.extend(vec![7; len])));
            let mut expected = vec![0x0a];
            put_varint(&mut expected, (2 + varint_len(len as u64) + len) as u64);
            expected.extend([0xc2, 0x3e]);
            put_varint(&mut expected, len as u64);
            expected.extend(vec![7; len]);
            assert_eq!(writer.finish(), expected);
        }
    }
}
