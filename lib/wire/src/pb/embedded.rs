//! A single embedded message, which a peer may send in several parts.

use bytes::{Bytes, BytesMut};

use super::{Field, Proto, Reader};
use crate::DecodeError;

/// Collects what is sent for one embedded message. proto3 merges repeated occurrences, which is
/// the same as reading their bytes one after the other.
#[derive(Debug, Default)]
pub(crate) struct Embedded {
    first: Option<Bytes>,
    /// Everything, once there is more than one part.
    all: BytesMut,
}

impl Embedded {
    pub(crate) fn push(&mut self, field: Field, name: &'static str) -> Result<(), DecodeError> {
        self.push_bytes(field.bytes(name)?);
        Ok(())
    }

    /// Adds the bytes of one occurrence.
    pub(crate) fn push_bytes(&mut self, part: Bytes) {
        match &self.first {
            None => self.first = Some(part),
            Some(first) => {
                if self.all.is_empty() {
                    self.all.extend_from_slice(first);
                }
                self.all.extend_from_slice(&part);
            }
        }
    }

    /// The message, `None` when it never occurred.
    pub(crate) fn read<M: Proto>(self) -> Result<Option<M>, DecodeError> {
        let all = if self.all.is_empty() { self.first } else { Some(self.all.freeze()) };
        all.map(|bytes| M::read(Reader::new(bytes))).transpose()
    }
}
