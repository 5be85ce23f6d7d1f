//! `SchemaResult`: what GetSchema answers.

use arrow_schema::Schema;
use bytes::Bytes;

use crate::pb::{Proto, Reader, Writer};
use crate::{DecodeError, Limits, ipc};

/// A schema on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SchemaResult {
    /// The schema as an encapsulated IPC message.
    pub schema: Bytes,
}

impl SchemaResult {
    /// The encoding of `schema`.
    pub fn new(schema: &Schema) -> Self {
        Self { schema: ipc::encapsulate_schema(schema) }
    }

    /// The schema.
    ///
    /// # Errors
    /// When it is absent, damaged, or beyond the limits.
    pub fn decode_schema(&self, limits: &Limits) -> Result<Schema, DecodeError> {
        ipc::decode_encapsulated_schema(&self.schema, limits)
    }
}

impl Proto for SchemaResult {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.schema);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.schema = field.bytes("SchemaResult.schema")?;
            }
        }
        Ok(this)
    }
}
