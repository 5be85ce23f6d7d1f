//! Earlier versions: by their number, or by the time at which they were the youngest.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value;

use super::known::Tables;
use super::log::Log;
use super::table::Table;
use crate::StoreError;

/// The property of a table whose commits carry their time themselves.
const OWN_TIMES: &str = "delta.enableInCommitTimestamps";

/// When a table is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// At a version.
    Version(u64),
    /// At a time, in milliseconds since 1970.
    Time(i64),
}

impl Moment {
    /// What a request says of version and time, if it does.
    pub(crate) fn parse(
        version: Option<u64>,
        timestamp: Option<&str>,
    ) -> Result<Option<Self>, StoreError> {
        match (version, timestamp) {
            (Some(_), Some(_)) => {
                Err(StoreError::request("a read names a version or a timestamp, not both"))
            }
            (Some(version), None) => Ok(Some(Self::Version(version))),
            (None, Some(text)) => {
                let time = DateTime::parse_from_rfc3339(text).map_err(|error| {
                    StoreError::request(format!(
                        "timestamp {text:?} is none of RFC 3339, such as 2026-01-31T12:00:00Z: \
                         {error}"
                    ))
                })?;
                Ok(Some(Self::Time(time.timestamp_millis())))
            }
            (None, None) => Ok(None),
        }
    }
}

impl Tables {
    /// The table at a path as it was at a moment. Blocks.
    ///
    /// # Errors
    /// As [`Tables::at`]; [`StoreError::InvalidRequest`] for a time before the first version.
    pub(crate) fn when(&self, path: &Path, moment: Moment) -> Result<Arc<Table>, StoreError> {
        match moment {
            Moment::Version(version) => self.at(path, version),
            Moment::Time(time) => {
                let newest = self.newest(path)?;
                let version = version_at(&self.log_of(path)?, &newest, time)?;
                self.at(path, version)
            }
        }
    }
}

/// The youngest version that was written by then.
fn version_at(log: &Log, newest: &Table, time: i64) -> Result<u64, StoreError> {
    let mut entries = log.entries()?;
    entries.retain(|(version, _)| *version <= newest.number());
    let properties = newest.state().metadata().configuration();
    if properties.get(OWN_TIMES).is_some_and(|value| value == "true") {
        for (version, written) in &mut entries {
            if let Some(own) = log.entry(*version)?.as_deref().and_then(own_time) {
                *written = own;
            }
        }
    }
    // Clocks go wrong; a version is younger than the one before it all the same.
    for at in 1..entries.len() {
        let before = entries.get(at - 1).map_or(i64::MIN, |(_, written)| *written);
        if let Some((_, written)) = entries.get_mut(at) {
            *written = (*written).max(before.saturating_add(1));
        }
    }
    let found = entries.iter().rev().find(|(_, written)| *written <= time);
    found.map(|(version, _)| *version).ok_or_else(|| {
        let first =
            entries.first().and_then(|(_, written)| DateTime::from_timestamp_millis(*written));
        let first = first.map(|first| first.to_rfc3339()).unwrap_or_default();
        StoreError::request(format!(
            "the log of table {} begins at {first}, after the time asked for",
            newest.path().display()
        ))
    })
}

/// The time that an entry gives itself.
fn own_time(entry: &[u8]) -> Option<i64> {
    let first = entry.split(|byte| *byte == b'\n').next()?;
    let first: Value = serde_json::from_slice(first).ok()?;
    first.get("commitInfo")?.get("inCommitTimestamp")?.as_i64()
}
