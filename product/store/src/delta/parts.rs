//! The files of a version, as the log names them.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use arrow_schema::SchemaRef;
use deltalake_core::kernel::LogicalFileView;
use deltalake_core::table::state::DeltaTableState;

use super::partition::typed;
use crate::StoreError;
use crate::catalog::{Facts, Part};
use crate::format::{GroupList, ReadOptions};
use crate::storage::Stamp;

/// The files of a version.
pub(super) struct Files {
    /// In the order in which they are read: by the time at which they came, then by name. The log
    /// itself has no order that every reader would find again.
    pub(super) parts: Vec<Part>,
    /// The partition columns, as indices into the schema.
    pub(super) keys: Vec<usize>,
    /// For each part its place in the log's own order.
    pub(super) rows_in_log: Vec<usize>,
}

/// Reads the files of a state out.
pub(super) fn files(
    path: &Path,
    state: &DeltaTableState,
    schema: &SchemaRef,
) -> Result<Files, StoreError> {
    let corrupt = |reason: String| StoreError::corrupt(path, reason);
    let names = state.metadata().partition_columns();
    let keys: Vec<usize> = names
        .iter()
        .map(|name| schema.index_of(name))
        .collect::<Result<_, _>>()
        .map_err(|error| corrupt(format!("a partition column is missing: {error}")))?;
    let facts = |rows: Option<u64>| {
        let options = ReadOptions::default();
        let groups = GroupList::default();
        Arc::new(Facts { schema: schema.clone(), rows, groups, written: false, options })
    };
    let mut found = Vec::new();
    let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); keys.len()];
    for (row, file) in state.log_data().into_iter().enumerate() {
        let mut values = if keys.is_empty() { HashMap::new() } else { file.partition_values_map() };
        for (texts, name) in texts.iter_mut().zip(names) {
            texts.push(values.remove(name).flatten());
        }
        let rows = file.num_records().and_then(|rows| u64::try_from(rows).ok());
        let part = Part {
            path: place(path, &file)?,
            stamp: stamp(&file),
            schema_file: None,
            facts: facts(rows),
            keys: Vec::with_capacity(keys.len()),
        };
        found.push((file.modification_time(), row, part));
    }
    for (texts, &key) in texts.into_iter().zip(&keys) {
        let field = schema.field(key);
        let values = typed(texts, field.data_type()).map_err(|error| {
            corrupt(format!("a value of partition column {:?}: {error}", field.name()))
        })?;
        for ((.., part), value) in found.iter_mut().zip(values) {
            part.keys.push(value);
        }
    }
    found.sort_by(|(a, _, left), (b, _, right)| a.cmp(b).then_with(|| left.path.cmp(&right.path)));
    let (parts, rows_in_log) = found.into_iter().map(|(_, row, part)| (part, row)).unzip();
    Ok(Files { parts, keys, rows_in_log })
}

/// A file's state: a file of a table never changes, so its length stands for all of it.
fn stamp(file: &LogicalFileView) -> Stamp {
    let since = u64::try_from(file.modification_time()).unwrap_or(0);
    let modified = UNIX_EPOCH.checked_add(Duration::from_millis(since));
    Stamp::unchanging(u64::try_from(file.size()).unwrap_or(0), modified)
}

/// Where a file lies below the store's folder.
fn place(table: &Path, file: &LogicalFileView) -> Result<PathBuf, StoreError> {
    let name = file.path();
    let inner = Path::new(name.as_ref());
    let plain = inner.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || name.contains("://") || name.is_empty() {
        let reason = format!(
            "Delta table {} has file {name:?}, which does not lie in its folder; such tables \
             (shallow clones) are not supported",
            table.display()
        );
        return Err(StoreError::Unsupported { reason });
    }
    Ok(table.join(inner))
}
