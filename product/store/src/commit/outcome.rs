//! What a finished write says.

use serde::Serialize;

use super::mark::Earlier;
use crate::Format;

/// A dataset that was written and is durable. As JSON it is the reply to an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Commit {
    /// Rows of the dataset.
    pub rows: u64,
    /// Bytes of its file.
    pub bytes: u64,
    /// Its version: what [`Dataset::version`](crate::Dataset::version) says while it stands.
    pub version: String,
    /// The format it landed in.
    #[serde(serialize_with = "format_name")]
    pub format: Format,
    /// The upload id that the writer gave.
    pub upload_id: Option<String>,
}

impl Commit {
    /// The commit as JSON: `{"rows":..,"bytes":..,"version":..,"format":..,"upload_id":..}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The commit of an upload that has since been replaced.
    pub(super) fn of_earlier(earlier: &Earlier) -> Self {
        Self {
            rows: earlier.rows,
            bytes: earlier.bytes,
            version: earlier.version.clone(),
            format: earlier.format.parse().unwrap_or(Format::Parquet),
            upload_id: Some(earlier.upload_id.clone()),
        }
    }
}

fn format_name<S: serde::Serializer>(format: &Format, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(format.name())
}

/// A dataset that was dropped, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// The file or folder that is gone, relative to the store's folder.
    pub path: String,
}
