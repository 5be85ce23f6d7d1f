//! `Empty`: a message without fields.

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// What ListActions takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Empty {}

impl Proto for Empty {
    fn write(&self, _to: &mut Writer) {}

    fn read(from: Reader) -> Result<Self, DecodeError> {
        from.skip_all()?;
        Ok(Self {})
    }
}
