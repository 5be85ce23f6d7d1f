//! `PutResult`: what DoPut answers, any number of times.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// One answer of DoPut.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PutResult {
    /// For the application.
    pub app_metadata: Bytes,
}

impl PutResult {
    /// A message of these bytes.
    pub fn new(app_metadata: impl Into<Bytes>) -> Self {
        Self { app_metadata: app_metadata.into() }
    }
}

impl Proto for PutResult {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.app_metadata);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.app_metadata = field.bytes("PutResult.app_metadata")?;
            }
        }
        Ok(this)
    }
}
