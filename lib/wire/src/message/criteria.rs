//! `Criteria`: which flights to list.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// Narrows ListFlights. Empty: all flights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Criteria {
    /// Bytes that only the service understands.
    pub expression: Bytes,
}

impl Criteria {
    /// A message of these bytes.
    pub fn new(expression: impl Into<Bytes>) -> Self {
        Self { expression: expression.into() }
    }
}

impl Proto for Criteria {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.expression);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.expression = field.bytes("Criteria.expression")?;
            }
        }
        Ok(this)
    }
}
