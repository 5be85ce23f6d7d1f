//! Protocol Buffers by hand: as much of the encoding as `Flight.proto` needs.
//!
//! The messages of Flight are few and small, and the one that matters (`FlightData`) has to be
//! written and read without a copy of its body, which generated code does not do.
//!
//! Rules of proto3 that the readers here keep: fields come in any order; of a repeated single
//! field the last one wins, except that messages are merged; unknown fields are skipped; absent
//! fields have their type's zero. No message of Flight contains itself, so that nesting is bounded
//! by the types.

mod embedded;
mod reader;
mod varint;
mod writer;

pub(crate) use embedded::Embedded;
pub(crate) use reader::{Field, Reader};
pub(crate) use varint::{VarintReader, put_varint, varint_len};
pub(crate) use writer::Writer;

use crate::DecodeError;

/// Wire types of <https://protobuf.dev/programming-guides/encoding/>.
pub(crate) const VARINT: u8 = 0;
/// Eight bytes, little endian.
pub(crate) const FIXED64: u8 = 1;
/// A length, then that many bytes.
pub(crate) const LEN: u8 = 2;
/// Four bytes, little endian.
pub(crate) const FIXED32: u8 = 5;

/// The elements that a repeated field may have. An element may take two bytes on the wire and a
/// hundred in memory, so that a message of the allowed size could otherwise fill the memory.
const REPEATED_MAX: usize = 1 << 20;

/// Appends to what a repeated field has collected.
pub(crate) fn push_element<T>(
    to: &mut Vec<T>,
    name: &'static str,
    element: T,
) -> Result<(), DecodeError> {
    if to.len() >= REPEATED_MAX {
        return Err(DecodeError::limit(name, REPEATED_MAX as u64 + 1, REPEATED_MAX));
    }
    to.push(element);
    Ok(())
}

/// A message that can write its fields and read them back.
pub(crate) trait Proto: Sized {
    /// Appends the fields that differ from their proto3 default.
    fn write(&self, to: &mut Writer);

    /// Reads all fields of one message.
    fn read(from: Reader) -> Result<Self, DecodeError>;
}

/// Splits a tag into field number and wire type.
pub(crate) fn split_tag(tag: u64) -> Result<(u32, u8), DecodeError> {
    let invalid = |why: String| Err(DecodeError::invalid("protobuf tag", why));
    let Ok(tag) = u32::try_from(tag) else {
        return invalid(format!("{tag} does not fit in 32 bits"));
    };
    let (number, wire_type) = (tag >> 3, (tag & 7) as u8);
    match (number, wire_type) {
        (0, _) => invalid("field number 0 does not exist".to_owned()),
        (_, 3 | 4) => Err(DecodeError::unsupported(
            "protobuf tag",
            format!("a group (field {number}, wire type {wire_type})"),
        )),
        (_, VARINT | FIXED64 | LEN | FIXED32) => Ok((number, wire_type)),
        _ => invalid(format!("field {number} has unknown wire type {wire_type}")),
    }
}
