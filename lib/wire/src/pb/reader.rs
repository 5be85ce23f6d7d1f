//! Reads the fields of one message that is in memory as a whole.

use bytes::{Buf, Bytes};

use super::{FIXED32, FIXED64, LEN, VARINT, VarintReader, split_tag};
use crate::DecodeError;

/// The fields of one message, in the order sent. Byte fields share the message's memory.
#[derive(Debug)]
pub(crate) struct Reader {
    rest: Bytes,
}

/// One field: its number and what it holds.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Varint(u64),
    Fixed64(u64),
    Bytes(Bytes),
    Fixed32,
}

impl Reader {
    pub(crate) fn new(message: Bytes) -> Self {
        Self { rest: message }
    }

    /// The next field, or `None` at the end of the message.
    pub(crate) fn next(&mut self) -> Result<Option<Field>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = split_tag(self.varint("protobuf tag")?)?;
        let value = match wire_type {
            VARINT => Value::Varint(self.varint("protobuf varint")?),
            FIXED64 => {
                self.need("protobuf fixed64", 8)?;
                Value::Fixed64(self.rest.get_u64_le())
            }
            LEN => {
                let len = self.varint("protobuf length")?;
                let have = self.rest.len();
                let Some(len) = usize::try_from(len).ok().filter(|&len| len <= have) else {
                    let have = have as u64;
                    return Err(DecodeError::Truncated {
                        field: "protobuf field",
                        need: len,
                        have,
                    });
                };
                Value::Bytes(self.rest.split_to(len))
            }
            FIXED32 => {
                self.need("protobuf fixed32", 4)?;
                self.rest.advance(4);
                Value::Fixed32
            }
            other => {
                let why = format!("unknown wire type {other}");
                return Err(DecodeError::invalid("protobuf tag", why));
            }
        };
        Ok(Some(Field { number, value }))
    }

    /// Reads to the end, for messages without fields of their own.
    pub(crate) fn skip_all(mut self) -> Result<(), DecodeError> {
        while self.next()?.is_some() {}
        Ok(())
    }

    fn need(&self, field: &'static str, need: usize) -> Result<(), DecodeError> {
        let have = self.rest.len();
        if have < need { Err(DecodeError::truncated(field, need, have)) } else { Ok(()) }
    }

    fn varint(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        let mut varint = VarintReader::default();
        let have = self.rest.len();
        while !self.rest.is_empty() {
            if let Some(value) = varint.push(self.rest.get_u8())? {
                return Ok(value);
            }
        }
        Err(DecodeError::truncated(field, have + 1, have))
    }
}

impl Field {
    /// The bytes of a `bytes` field or of an embedded message.
    pub(crate) fn bytes(self, name: &'static str) -> Result<Bytes, DecodeError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(mismatch(name, &other, "bytes")),
        }
    }

    /// The text of a `string` field.
    pub(crate) fn string(self, name: &'static str) -> Result<String, DecodeError> {
        let bytes = self.bytes(name)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            DecodeError::invalid(name, format!("not UTF-8 from byte {} on", error.valid_up_to()))
        })?;
        Ok(text.to_owned())
    }

    /// The message in a field that is repeated (a single one goes through
    /// [`Embedded`](super::Embedded), which merges).
    pub(crate) fn message<M: super::Proto>(self, name: &'static str) -> Result<M, DecodeError> {
        M::read(Reader::new(self.bytes(name)?))
    }

    /// The value of a `uint64` field.
    pub(crate) fn uint64(self, name: &'static str) -> Result<u64, DecodeError> {
        match self.value {
            Value::Varint(value) => Ok(value),
            other => Err(mismatch(name, &other, "a varint")),
        }
    }

    /// The value of an `int64` field.
    pub(crate) fn int64(self, name: &'static str) -> Result<i64, DecodeError> {
        self.uint64(name).map(u64::cast_signed)
    }

    /// The value of an `int32` or an enumeration: the low 32 bits, as protobuf has it.
    pub(crate) fn int32(self, name: &'static str) -> Result<i32, DecodeError> {
        self.uint64(name).map(|value| value as i32)
    }

    /// The value of a `bool` field.
    pub(crate) fn bool(self, name: &'static str) -> Result<bool, DecodeError> {
        self.uint64(name).map(|value| value != 0)
    }

    /// The value of an `sfixed64` field.
    pub(crate) fn sfixed64(self, name: &'static str) -> Result<i64, DecodeError> {
        match self.value {
            Value::Fixed64(value) => Ok(value.cast_signed()),
            other => Err(mismatch(name, &other, "eight bytes")),
        }
    }

    /// The value of a `double` field.
    pub(crate) fn double(self, name: &'static str) -> Result<f64, DecodeError> {
        self.sfixed64(name).map(|bits| f64::from_bits(bits.cast_unsigned()))
    }
}

/// A field of the right number and the wrong type. A protobuf library would take it for an unknown
/// field; Flight's fields never changed their types, so that it is damage, and is called so.
fn mismatch(name: &'static str, found: &Value, expected: &str) -> DecodeError {
    let found = match found {
        Value::Varint(_) => "a varint",
        Value::Fixed64(_) => "eight bytes",
        Value::Bytes(_) => "bytes",
        Value::Fixed32 => "four bytes",
    };
    DecodeError::invalid(name, format!("is {found}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &'static [u8]) -> Result<Vec<(u32, String)>, DecodeError> {
        let mut reader = Reader::new(Bytes::from_static(bytes));
        let mut fields = Vec::new();
        while let Some(field) = reader.next()? {
            fields.push((field.number, format!("{:?}", field.value)));
        }
        Ok(fields)
    }

    #[test]
    fn every_wire_type() {
        let bytes = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x02hi\x25\x01\0\0\0\xc2\x3e\x00";
        let fields = fields(bytes).unwrap();
        let expected = [
            (1, "Varint(150)"),
            (2, "Fixed64(1)"),
            (3, "Bytes(b\"hi\")"),
            (4, "Fixed32"),
            (1000, "Bytes(b\"\")"),
        ];
        assert_eq!(fields, expected.map(|(number, value)| (number, value.to_owned())));
    }

    #[test]
    fn what_is_no_message_says_why() {
        let cases: [(&[u8], &str); 8] = [
            (b"\x08", "protobuf varint is cut short: needs 1 bytes, has 0"),
            (b"\x80", "protobuf tag is cut short: needs 2 bytes, has 1"),
            (b"\x0a\x05abc", "protobuf field is cut short: needs 5 bytes, has 3"),
            (b"\x11abc", "protobuf fixed64 is cut short: needs 8 bytes, has 3"),
            (b"\x0dabc", "protobuf fixed32 is cut short: needs 4 bytes, has 3"),
            (b"\x0b", "protobuf tag: a group (field 1, wire type 3) is not supported"),
            (b"\x02\x00", "protobuf tag: field number 0 does not exist"),
            (b"\x0e", "protobuf tag: field 1 has unknown wire type 6"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(fields(bytes).unwrap_err().to_string(), expected);
        }
        let wide = b"\x80\x80\x80\x80\x20";
        let error = fields(wide).unwrap_err().to_string();
        assert_eq!(error, "protobuf tag: 8589934592 does not fit in 32 bits");
    }

    #[test]
    fn a_huge_length_is_cut_short() {
        let error = fields(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc").unwrap_err();
        let field = "protobuf field";
        assert_eq!(error, DecodeError::Truncated { field, need: u64::MAX, have: 3 });
    }

    #[test]
    fn types_are_checked() {
        let field =
            |bytes: &'static [u8]| Reader::new(Bytes::from_static(bytes)).next().unwrap().unwrap();
        assert_eq!(
            field(b"\x08\x00").string("A.b").unwrap_err().to_string(),
            "A.b: is a varint, expected bytes"
        );
        assert_eq!(
            field(b"\x0a\x02\xc3\x28").string("A.b").unwrap_err().to_string(),
            "A.b: not UTF-8 from byte 0 on"
        );
        assert_eq!(field(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").int64("A.b"), Ok(-1));
        assert_eq!(field(b"\x08\x02").bool("A.b"), Ok(true));
        assert_eq!(field(b"\x09\0\0\0\0\0\0\xf0\x3f").double("A.b"), Ok(1.0));
        assert!(field(b"\x0a\x00").uint64("A.b").is_err());
        assert!(field(b"\x0d\0\0\0\0").sfixed64("A.b").is_err());
    }
}
