//! What a caller wants to read, as it arrives in JSON.

use serde::{Deserialize, Serialize};

use super::predicate::Predicate;

/// A read, in the caller's words:
/// `{"dataset": "a/b", "columns": ["x"], "filter": [["x", ">=", 3]], "limit": 10, "offset": 0}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRequest {
    /// The dataset's name.
    pub dataset: String,
    /// The columns, in the order wanted; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Conditions that every row meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<Predicate>,
    /// At most so many rows, counted after filter and offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Rows to pass over, counted after the filter.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// The version of a dataset with a history, by its number; absent means the youngest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The version that was the youngest at a time, which RFC 3339 says how to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// For serde: leaves out what is at its default.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

impl ReadRequest {
    /// Reads a whole dataset.
    pub fn new(dataset: impl Into<String>) -> Self {
        Self { dataset: dataset.into(), ..Self::default() }
    }
}
