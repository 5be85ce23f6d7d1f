//! The commit: new files, and what goes, become a version of a table, whole or not at all.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::{
    CommitBuilder, CommitProperties, TableReference, TransactionError,
};
use deltalake_core::kernel::{Action, Add, MetadataExt as _, Protocol, Transaction, new_metadata};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use serde_json::{Value, json};
use uuid::Uuid;

use super::creation::NewSchema;
use super::error::failed;
use super::known::Tables;
use super::layout::Layout;
use super::log::Log;
use super::protocol::{Shown, check_writable};
use super::schema::SCHEMA_PROPERTY;
use super::table::{self, Table};
use super::upload::NewFile;
use crate::StoreError;
use crate::storage::wait;

/// What a commit says about itself, beside what every other one says.
const OWN_INFO: &str = "wingbeat";
/// What stands before an upload id where a table remembers it.
const UPLOAD_PREFIX: &str = "wingbeat-upload:";
/// For how long a table that was made here remembers upload ids.
const UPLOADS_KEPT: (&str, &str) = ("delta.setTransactionRetentionDuration", "interval 30 days");

/// Files in their places, and what becomes of those that are there.
#[derive(Debug)]
pub(crate) struct Change {
    adds: Vec<Add>,
    overwrite: bool,
    layout: Layout,
    upload_id: Option<String>,
    rows: u64,
    bytes: u64,
    /// Found again in the log when nobody knows whether the commit arrived.
    mark: String,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Landed {
    /// It is the version of this text.
    As(String),
    /// Another one came first; nothing is changed.
    Beaten,
}

/// A commit that a table remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) version: String,
    /// Zero where the log no longer tells.
    pub(crate) rows: u64,
    /// Zero where the log no longer tells.
    pub(crate) bytes: u64,
}

impl Change {
    /// Files of one layout, each with its name in the table's folder.
    pub(crate) fn new(
        layout: Layout,
        files: &[(String, &NewFile)],
        overwrite: bool,
        upload_id: Option<String>,
    ) -> Self {
        let columns = layout.partitions().iter().map(|&at| layout.plain().field(at).name().clone());
        let columns: Vec<String> = columns.collect();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = i64::try_from(time.as_millis()).unwrap_or(0);
        let adds = files.iter().map(|(name, file)| Add {
            path: name.clone(),
            partition_values: columns.iter().cloned().zip(file.values.iter().cloned()).collect(),
            size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
            modification_time: time,
            data_change: true,
            stats: Some(file.statistics.clone()),
            ..Add::default()
        });
        let adds = adds.collect();
        let rows = files.iter().map(|(_, file)| file.rows).sum();
        let bytes = files.iter().map(|(_, file)| file.bytes).sum();
        let mark = Uuid::new_v4().to_string();
        Self { adds, overwrite, layout, upload_id, rows, bytes, mark }
    }

    fn builder(&self, version: u64) -> CommitBuilder {
        let info = json!({"commit": self.mark, "rows": self.rows, "bytes": self.bytes,
                          "uploadId": self.upload_id});
        let program = json!(concat!("wingbeat.", env!("CARGO_PKG_VERSION")));
        let mut properties = CommitProperties::default()
            .with_max_retries(0)
            .with_metadata([(OWN_INFO.to_owned(), info), ("clientVersion".to_owned(), program)]);
        if let Some(id) = &self.upload_id {
            let number = i64::try_from(version).unwrap_or(i64::MAX);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now = i64::try_from(now.as_millis()).ok();
            properties = properties.with_application_transaction(
                Transaction::new_with_last_update(app_id(id), number, now),
            );
        }
        properties.into()
    }

    fn operation(&self) -> DeltaOperation {
        let mode = if self.overwrite { SaveMode::Overwrite } else { SaveMode::Append };
        let columns = self.layout.partitions().iter();
        let columns: Vec<String> =
            columns.map(|&at| self.layout.plain().field(at).name().clone()).collect();
        let partition_by = Some(columns).filter(|columns| !columns.is_empty());
        DeltaOperation::Write { mode, partition_by, predicate: None }
    }
}

impl Tables {
    /// Refuses a change that a table does not take.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] where the table asks of writers what is not known here,
    /// [`StoreError::Changed`] where its columns are not those that the files were written for.
    pub(crate) fn check(&self, table: &Table, change: &Change) -> Result<(), StoreError> {
        check_writable(table, change.overwrite)?;
        change.layout.check(table)
    }

    /// Commits a change, which was checked, to a table as its next version. Blocks.
    ///
    /// # Errors
    /// After an error of the disk or the network the commit may have happened.
    pub(crate) fn commit(&self, table: &Arc<Table>, change: &Change) -> Result<Landed, StoreError> {
        let log = self.log_of(table.path())?;
        let mut actions = Vec::with_capacity(change.adds.len());
        if change.overwrite {
            actions.extend(metadata_change(table, &change.layout)?);
            let files = table.state().log_data().into_iter();
            actions.extend(files.map(|file| Action::Remove(file.remove_action(true))));
        }
        actions.extend(change.adds.iter().cloned().map(Action::Add));
        let number = table.number() + 1;
        let commit = change.builder(number).with_actions(actions);
        let state = table.state().clone();
        match run(&log, commit, Some(state), change.operation())? {
            Ran::Landed => Ok(Landed::As(table::text(number, &table.identity()))),
            Ran::Beaten if is_ours(&log, number, &change.mark)? => {
                Ok(Landed::As(table::text(number, &table.identity())))
            }
            Ran::Beaten => Ok(Landed::Beaten),
        }
    }

    /// What a table remembers of an upload. Blocks.
    pub(crate) fn recorded(
        &self,
        table: &Arc<Table>,
        upload_id: &str,
    ) -> Result<Option<Recorded>, StoreError> {
        let log = self.log_of(table.path())?;
        let (state, path) = (table.state().clone(), table.path().to_owned());
        let (store, app_id) = (log.store().clone(), app_id(upload_id));
        let number = wait(async move {
            let number = state.transaction_version(&store, app_id).await;
            number.map_err(|error| failed(&path, error))
        })?;
        let Some(number) = number.and_then(|number| u64::try_from(number).ok()) else {
            return Ok(None);
        };
        let info = log.entry(number)?.and_then(|entry| own_info(&entry));
        let count = |key: &str| info.as_ref()?.get(key)?.as_u64();
        Ok(Some(Recorded {
            version: table::text(number, &table.identity()),
            rows: count("rows").unwrap_or(0),
            bytes: count("bytes").unwrap_or(0),
        }))
    }

    /// Writes the first entry of the log of a new table, in a folder that is not in its place yet.
    /// Blocks.
    pub(crate) fn begin(&self, folder: &Path, change: &Change) -> Result<String, StoreError> {
        let Some(new) = change.layout.new_table() else {
            return Err(StoreError::Internal { reason: "a table without columns".to_owned() });
        };
        let log = Log::in_folder(self.writing(), folder, Path::new(""))?;
        let (protocol, metadata) = (protocol(new)?, metadata(new)?);
        let identity = table::identity(metadata.id());
        let mut actions = vec![Action::Protocol(protocol), Action::Metadata(metadata)];
        actions.extend(change.adds.iter().cloned().map(Action::Add));
        let commit = change.builder(0).with_actions(actions);
        match run(&log, commit, None, change.operation())? {
            Ran::Landed => Ok(table::text(0, &identity)),
            Ran::Beaten => {
                Err(StoreError::Internal { reason: "a new table has a log already".to_owned() })
            }
        }
    }
}

/// What an attempt came to.
enum Ran {
    Landed,
    Beaten,
}

/// Commits, and looks after the log when it is done: checkpoints, and entries that have expired.
fn run(
    log: &Log,
    commit: CommitBuilder,
    state: Option<DeltaTableState>,
    operation: DeltaOperation,
) -> Result<Ran, StoreError> {
    let log = log.clone();
    let shown = state.map(Shown::new).transpose()?;
    wait(async move {
        let reference = shown.as_ref().map(|shown| shown as &dyn TableReference);
        let commit = commit.build(reference, log.store().clone(), operation);
        let prepared = commit.into_prepared_commit_future().await;
        let prepared = prepared.map_err(|error| failed(log.path(), error))?;
        match prepared.await {
            Ok(landed) => {
                // The version stands; what follows is housekeeping, and nobody's upload.
                if let Err(error) = landed.await {
                    let table = log.path().display();
                    tracing::warn!(%table, %error, "the log of a table is not looked after");
                }
                Ok(Ran::Landed)
            }
            Err(
                DeltaTableError::Transaction { source: TransactionError::MaxCommitAttempts(_) }
                | DeltaTableError::VersionAlreadyExists(_),
            ) => Ok(Ran::Beaten),
            Err(error) => Err(failed(log.path(), error)),
        }
    })
}

/// Whether a version is the commit of this mark: an answer may be lost on its way, and the attempt
/// that is then repeated by the libraries below meets itself.
fn is_ours(log: &Log, version: u64, mark: &str) -> Result<bool, StoreError> {
    let info = log.entry(version)?.and_then(|entry| own_info(&entry));
    Ok(info.is_some_and(|info| info.get("commit").and_then(Value::as_str) == Some(mark)))
}

/// What an entry of ours says about itself.
fn own_info(entry: &[u8]) -> Option<Value> {
    let lines = entry.split(|byte| *byte == b'\n');
    let mut actions = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    actions.find_map(|mut action| Some(action.get_mut("commitInfo")?.get_mut(OWN_INFO)?.take()))
}

fn app_id(upload_id: &str) -> String {
    format!("{UPLOAD_PREFIX}{upload_id}")
}

/// What a table of ours asks of others: as little as its columns allow.
fn protocol(new: &NewSchema) -> Result<Protocol, StoreError> {
    let value = if new.zoneless {
        json!({"minReaderVersion": 3, "minWriterVersion": 7,
               "readerFeatures": ["timestampNtz"],
               "writerFeatures": ["appendOnly", "timestampNtz"]})
    } else {
        json!({"minReaderVersion": 1, "minWriterVersion": 2})
    };
    serde_json::from_value(value).map_err(|error| internal(&error))
}

fn metadata(new: &NewSchema) -> Result<deltalake_core::kernel::Metadata, StoreError> {
    let (key, value) = UPLOADS_KEPT;
    let properties = [(SCHEMA_PROPERTY, new.text.as_str()), (key, value)];
    let properties: HashMap<&str, &str> = properties.into();
    let none: [&str; 0] = [];
    new_metadata(&new.delta, none, properties).map_err(|error| internal(&error))
}

/// What an overwriting upload changes about the columns, if anything.
fn metadata_change(table: &Table, layout: &Layout) -> Result<Option<Action>, StoreError> {
    let Some(new) = layout.new_table() else { return Ok(None) };
    let state = table.state();
    let property = state.metadata().configuration().get(SCHEMA_PROPERTY);
    if *state.schema() == new.delta && property == Some(&new.text) {
        return Ok(None);
    }
    let features = state.protocol().writer_features().unwrap_or_default();
    if new.zoneless && !features.iter().any(|feature| feature.as_ref() == "timestampNtz") {
        return Err(StoreError::Unsupported {
            reason: format!(
                "table {} holds no times without a zone; drop the table first",
                table.path().display()
            ),
        });
    }
    let metadata = state.metadata().clone().with_schema(&new.delta);
    let metadata =
        metadata.and_then(|it| it.add_config_key(SCHEMA_PROPERTY.to_owned(), new.text.clone()));
    metadata.map(|metadata| Some(Action::Metadata(metadata))).map_err(|error| internal(&error))
}

fn internal(error: &dyn std::error::Error) -> StoreError {
    StoreError::Internal { reason: error.to_string() }
}
