//! What a table demands of its readers and writers, and whether this store can do it.
//!
//! A table names what one must know to read it rightly. What is not in the lists here is refused
//! by its name: to read past it would give wrong rows.

use std::path::Path;

use deltalake_core::kernel::Protocol;
use deltalake_core::table::state::DeltaTableState;

use crate::StoreError;

/// The youngest version of the reader protocol that is understood.
const READER_VERSION_MAX: i32 = 3;

/// What readers are told of and this one can do. Two of them only where they are not in use:
/// `columnMapping` with its mode `none`, `deletionVectors` with no file that has one.
const READABLE: &[&str] = &[
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
];

/// Whether files have the columns by their names, which is what this store reads.
const MAPPING: &str = "delta.columnMapping.mode";

/// Refuses a table that would be read wrongly.
pub(super) fn check_readable(path: &Path, state: &DeltaTableState) -> Result<(), StoreError> {
    let refused = |what: String| {
        let reason = format!("Delta table {} {what}, which is not supported", path.display());
        Err(StoreError::Unsupported { reason })
    };
    let protocol = state.protocol();
    if protocol.min_reader_version() > READER_VERSION_MAX {
        return refused(format!("needs reader version {}", protocol.min_reader_version()));
    }
    if let Some(feature) = unknown(protocol) {
        return refused(format!("needs the reader feature {feature}"));
    }
    let mode = state.metadata().configuration().get(MAPPING);
    if let Some(mode) = mode.filter(|mode| mode.as_str() != "none") {
        return refused(format!("uses column mapping (mode {mode})"));
    }
    let deleted = state.log_data().into_iter().find(|file| {
        let vector = file.deletion_vector_descriptor();
        vector.is_some()
    });
    match deleted {
        Some(file) => refused(format!("has a deletion vector for file {}", file.path())),
        None => Ok(()),
    }
}

fn unknown(protocol: &Protocol) -> Option<String> {
    let features = protocol.reader_features().unwrap_or_default();
    let names = features.iter().map(ToString::to_string);
    names.into_iter().find(|name| !READABLE.contains(&name.as_str()))
}
