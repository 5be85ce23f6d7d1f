//! What a table demands of its readers and writers, and whether this store can do it.
//!
//! A table names what one must know to read it rightly. What is not in the lists here is refused
//! by its name: to read past it would give wrong rows.

use std::path::Path;

use delta_kernel::table_properties::TableProperties;
use deltalake_core::kernel::transaction::TableReference;
use deltalake_core::kernel::{EagerSnapshot, Metadata, Protocol};
use deltalake_core::table::state::DeltaTableState;
use serde_json::json;

use super::table::Table;
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

/// The youngest version of the writer protocol that is understood. From it on features are named;
/// what those before it imply is looked for in the table itself.
const WRITER_VERSION_MAX: i32 = 7;

/// The youngest one that implies nothing that is to be looked after.
const WRITER_VERSION_PLAIN: i32 = 2;

/// What writers are told of and this one can do: where it is in use at all, nothing need be done
/// for it by one who adds files.
const WRITABLE: &[&str] = &[
    "appendOnly",
    "changeDataFeed",
    "checkConstraints",
    "columnMapping",
    "deletionVectors",
    "domainMetadata",
    "generatedColumns",
    "invariants",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
];
/// Those of them that delta-rs' core knows as well.
const KNOWN_BELOW: &[&str] = &["appendOnly", "deletionVectors", "timestampNtz", "v2Checkpoint"];
/// Properties of a column that a writer would have to look after.
const COLUMN_DEMANDS: &[&str] = &[
    "delta.generationExpression",
    "delta.identity.start",
    "delta.identity.step",
    "delta.invariants",
];
/// What the property of a check of rows begins with.
const CONSTRAINT_PREFIX: &str = "delta.constraints.";
/// The property of a table whose rows never go.
const APPEND_ONLY: &str = "delta.appendOnly";

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

/// Refuses to write what would break a promise that the table makes to its readers.
pub(super) fn check_writable(table: &Table, overwrite: bool) -> Result<(), StoreError> {
    let state = table.state();
    let path = table.path();
    let refused = |what: String| {
        let reason = format!("Delta table {} {what} and is not written here", path.display());
        Err(StoreError::Unsupported { reason })
    };
    let protocol = state.protocol();
    let version = protocol.min_writer_version();
    if version > WRITER_VERSION_MAX {
        return refused(format!("needs writer version {version}"));
    }
    let features = protocol.writer_features().unwrap_or_default();
    let mut names = features.iter().map(ToString::to_string);
    if let Some(feature) = names.find(|name| !WRITABLE.contains(&name.as_str())) {
        return refused(format!("needs the writer feature {feature}"));
    }
    let properties = state.metadata().configuration();
    if let Some(check) = properties.keys().find(|key| key.starts_with(CONSTRAINT_PREFIX)) {
        return refused(format!("has a check of its rows ({check})"));
    }
    let schema = state.schema();
    let demand = schema.fields().find_map(|field| {
        let demand = COLUMN_DEMANDS.iter().find(|demand| field.metadata.contains_key(**demand))?;
        Some((field.name(), demand))
    });
    if let Some((column, demand)) = demand {
        return refused(format!("has a column {column:?} with {demand}"));
    }
    let append_only = properties.get(APPEND_ONLY).is_some_and(|value| value == "true");
    if overwrite && append_only {
        return refused("takes additions alone".to_owned());
    }
    Ok(())
}

/// A table as delta-rs' core is shown it for a commit. It refuses tables with features that only
/// its engine can look after, even where nothing in the table makes use of them; that has been
/// checked above, and such features are left out.
pub(super) struct Shown {
    state: DeltaTableState,
    protocol: Protocol,
}

impl Shown {
    /// A state of a table that was found to be writable.
    pub(super) fn new(state: DeltaTableState) -> Result<Self, StoreError> {
        let protocol = state.protocol();
        let features = protocol.writer_features().unwrap_or_default();
        let names = features.iter().map(ToString::to_string);
        let names: Vec<String> =
            names.filter(|name| KNOWN_BELOW.contains(&name.as_str())).collect();
        let mut shown = json!({"minReaderVersion": protocol.min_reader_version(),
                               "minWriterVersion": protocol.min_writer_version()});
        if protocol.min_writer_version() == WRITER_VERSION_MAX {
            shown["writerFeatures"] = json!(names);
        } else if protocol.min_writer_version() > WRITER_VERSION_PLAIN {
            shown["minWriterVersion"] = json!(WRITER_VERSION_PLAIN);
        }
        match protocol.reader_features() {
            Some(features) => {
                let names = features.iter().map(ToString::to_string);
                let names: Vec<String> =
                    names.filter(|name| KNOWN_BELOW.contains(&name.as_str())).collect();
                shown["readerFeatures"] = json!(names);
            }
            None => shown["minReaderVersion"] = json!(1),
        }
        let protocol = serde_json::from_value(shown)
            .map_err(|error| StoreError::Internal { reason: error.to_string() })?;
        Ok(Self { state, protocol })
    }
}

impl TableReference for Shown {
    fn config(&self) -> &TableProperties {
        self.state.table_config()
    }

    fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    fn metadata(&self) -> &Metadata {
        self.state.metadata()
    }

    fn eager_snapshot(&self) -> &EagerSnapshot {
        self.state.snapshot()
    }
}
