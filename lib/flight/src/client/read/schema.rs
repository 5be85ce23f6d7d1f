//! Whether the endpoints of a flight agree on its schema.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use crate::{Error, Origin, Result};

/// Endpoints of one flight may differ in metadata, and in nothing else.
pub(super) fn check_schema(expected: &SchemaRef, found: &SchemaRef) -> Result<()> {
    let same = |a: &Schema, b: &Schema| {
        a.fields().len() == b.fields().len()
            && a.fields()
                .iter()
                .zip(b.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type().equals_datatype(b.data_type()))
    };
    if Arc::ptr_eq(expected, found) || same(expected, found) {
        return Ok(());
    }
    let text = format!("an endpoint of the flight has the schema {found}, expected {expected}");
    Err(Error::internal(text).with_origin(Origin::Peer))
}
