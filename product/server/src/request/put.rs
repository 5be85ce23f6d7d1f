//! What an upload asks for: the dataset from its descriptor, the rest from the command's JSON or
//! from request headers. What both say has to be the same.

use serde::Deserialize;
use wingbeat::{CallContext, Error, FlightDescriptor, Result};

use super::command::{dataset_of_path, parse_command};

/// Request header: `replace`, `create`, `append` or `create_append`.
const MODE: &str = "wingbeat-mode";
/// Request header: `parquet` or `arrow`.
const FORMAT: &str = "wingbeat-format";
/// Request header: the compression of the file, as `zstd:5` or `none`.
const COMPRESSION: &str = "wingbeat-compression";
/// Request header: the caller's id for this upload; the same id again writes nothing.
const UPLOAD_ID: &str = "wingbeat-upload-id";
/// Request header: how many rows must have arrived at the end.
const ROWS: &str = "wingbeat-rows";
/// Request header: the most rows in one Parquet row group.
const ROW_GROUP_ROWS: &str = "wingbeat-row-group-rows";
/// Request header: the most bytes in one Parquet row group.
const ROW_GROUP_BYTES: &str = "wingbeat-row-group-bytes";

/// An upload's settings, as a command of a descriptor spells them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutRequest {
    /// The dataset to write.
    pub(crate) dataset: String,
    /// What to do where the dataset is there; `None` is the careful default.
    #[serde(default)]
    pub(crate) mode: Option<String>,
    /// The file format; `None` lets the schema decide.
    #[serde(default)]
    pub(crate) format: Option<String>,
    /// The compression of the file.
    #[serde(default)]
    pub(crate) compression: Option<String>,
    /// The caller's id for this upload.
    #[serde(default)]
    pub(crate) upload_id: Option<String>,
    /// How many rows must have arrived at the end.
    #[serde(default)]
    pub(crate) rows: Option<u64>,
    /// The most rows in one Parquet row group.
    #[serde(default)]
    pub(crate) row_group_rows: Option<u64>,
    /// The most bytes in one Parquet row group.
    #[serde(default)]
    pub(crate) row_group_bytes: Option<u64>,
}

impl PutRequest {
    /// The upload that `descriptor` and the call's headers ask for.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT for a descriptor that names no dataset, for JSON with unknown keys, for a
    /// header that does not parse, and where a header and the command contradict each other.
    pub(crate) fn new(cx: &CallContext, descriptor: &FlightDescriptor) -> Result<Self> {
        let mut request = match descriptor {
            FlightDescriptor::Path(path) => {
                Self { dataset: dataset_of_path(path)?, ..Self::default() }
            }
            FlightDescriptor::Command(command) => Self::from_command(command)?,
            _ => return Err(Error::invalid_argument("the descriptor is neither path nor command")),
        };
        merge(cx, MODE, &mut request.mode)?;
        merge(cx, FORMAT, &mut request.format)?;
        merge(cx, COMPRESSION, &mut request.compression)?;
        merge(cx, UPLOAD_ID, &mut request.upload_id)?;
        merge(cx, ROWS, &mut request.rows)?;
        merge(cx, ROW_GROUP_ROWS, &mut request.row_group_rows)?;
        merge(cx, ROW_GROUP_BYTES, &mut request.row_group_bytes)?;
        Ok(request)
    }

    fn from_command(command: &[u8]) -> Result<Self> {
        if command.trim_ascii_start().first() == Some(&b'{') {
            return serde_json::from_slice(command).map_err(|e| {
                Error::invalid_argument(format!("the command is not a valid upload: {e}"))
            });
        }
        let dataset = parse_command("command", command)?.into_read().dataset;
        Ok(Self { dataset, ..Self::default() })
    }
}

/// Fills `value` from the header `name`.
fn merge<T>(cx: &CallContext, name: &str, value: &mut Option<T>) -> Result<()>
where
    T: std::str::FromStr + PartialEq,
{
    for header in cx.headers().get_all(name) {
        let parsed = header.to_str().ok().and_then(|text| text.trim().parse().ok());
        let Some(parsed) = parsed else {
            return Err(Error::invalid_argument(format!("header {name}: {header:?} is not valid")));
        };
        if value.as_ref().is_some_and(|value| *value != parsed) {
            let text = format!("header {name}: {header:?} contradicts what else the upload says");
            return Err(Error::invalid_argument(text));
        }
        *value = Some(parsed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_name_or_json() {
        let name = PutRequest::from_command(b"trips").unwrap();
        assert_eq!(name, PutRequest { dataset: "trips".to_owned(), ..PutRequest::default() });
        let json = br#"{"dataset": "trips", "mode": "create", "rows": 7, "upload_id": "u-1"}"#;
        let request = PutRequest::from_command(json).unwrap();
        assert_eq!(request.mode.as_deref(), Some("create"));
        assert_eq!((request.rows, request.upload_id.as_deref()), (Some(7), Some("u-1")));
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = PutRequest::from_command(br#"{"dataset": "t", "colour": 1}"#).unwrap_err();
        assert!(error.message().contains("colour"), "{}", error.message());
    }
}
