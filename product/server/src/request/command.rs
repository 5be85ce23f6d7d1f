//! Commands of descriptors: a bare dataset name, or a read as JSON.

use wingbeat::{Error, Result};
use wingbeat_store::ReadRequest;

/// The longest command or plain ticket that is looked at, in bytes.
const COMMAND_BYTES_MAX: usize = 1 << 20;

/// The package of every Flight SQL message, as it stands in an `Any`'s type URL.
const FLIGHT_SQL_PACKAGE: &str = "arrow.flight.protocol.sql.";

/// What stands before the message's name in a type URL.
const TYPE_URL_HOST: &str = "type.googleapis.com/";

/// What a command asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// All rows and columns of the dataset of this name.
    Name(String),
    /// A read with its columns, filter, limit and offset.
    Read(Box<ReadRequest>),
}

impl Command {
    /// The command as a read.
    pub(crate) fn into_read(self) -> ReadRequest {
        match self {
            Self::Name(name) => ReadRequest::new(name),
            Self::Read(request) => *request,
        }
    }
}

/// Reads the bytes of `what` (a command or a ticket) as a name or a JSON read.
///
/// # Errors
///
/// UNIMPLEMENTED for a Flight SQL command, naming it; INVALID_ARGUMENT for anything else that is
/// neither a name nor a JSON object of the documented form.
pub(crate) fn parse_command(what: &str, bytes: &[u8]) -> Result<Command> {
    if let Some(name) = flight_sql_command(bytes) {
        let text = format!("Flight SQL is not served here: {name} is not implemented");
        return Err(Error::unimplemented(text));
    }
    if bytes.len() > COMMAND_BYTES_MAX {
        let text = format!("the {what} has {} bytes, more than {COMMAND_BYTES_MAX}", bytes.len());
        return Err(Error::invalid_argument(text));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let text = format!("the {what} is neither a dataset name nor JSON: it is not UTF-8");
        return Err(Error::invalid_argument(text));
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid_argument(format!("the {what} is empty")));
    }
    if !text.starts_with('{') {
        return Ok(Command::Name(text.to_owned()));
    }
    match serde_json::from_str(text) {
        Ok(request) => Ok(Command::Read(Box::new(request))),
        Err(e) => Err(Error::invalid_argument(format!("the {what} is not a valid read: {e}"))),
    }
}

/// The dataset that a path descriptor names: `["a", "b"]` and `["a/b"]` mean the same.
///
/// # Errors
///
/// INVALID_ARGUMENT for a path without components.
pub(crate) fn dataset_of_path(path: &[String]) -> Result<String> {
    if path.iter().all(String::is_empty) {
        return Err(Error::invalid_argument("the descriptor's path is empty"));
    }
    Ok(path.join("/"))
}

/// The message name when `bytes` are a `google.protobuf.Any` that holds a Flight SQL message, or
/// the type URL of one alone.
fn flight_sql_command(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    let name = text.strip_prefix(TYPE_URL_HOST).unwrap_or(text);
    if name.starts_with(FLIGHT_SQL_PACKAGE) {
        return Some(name.to_owned());
    }
    // Any { string type_url = 1; bytes value = 2 }: field 1, length-delimited, comes first in
    // what every writer emits. A type URL is shorter than 128 bytes, so its length is one byte.
    let (&[0x0a, len], rest) = bytes.split_first_chunk::<2>()? else { return None };
    let url = std::str::from_utf8(rest.get(..usize::from(len))?).ok()?;
    let name = url.rsplit('/').next()?;
    name.starts_with(FLIGHT_SQL_PACKAGE).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wingbeat::Code;

    #[test]
    fn a_bare_name_is_a_name() {
        assert_eq!(parse_command("command", b" a/b ").unwrap(), Command::Name("a/b".to_owned()));
    }

    #[test]
    fn json_is_a_read_and_unknown_keys_are_errors() {
        let read =
            parse_command("command", br#"{"dataset": "t", "limit": 3}"#).unwrap().into_read();
        assert_eq!((read.dataset.as_str(), read.limit), ("t", Some(3)));
        let error = parse_command("ticket", br#"{"dataset": "t", "limits": 3}"#).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("limits"), "{}", error.message());
    }

    #[test]
    fn a_flight_sql_command_is_named() {
        let url = "type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery";
        let mut any = vec![0x0a, url.len() as u8];
        any.extend_from_slice(url.as_bytes());
        any.extend_from_slice(&[0x12, 0x00]);
        let error = parse_command("command", &any).unwrap_err();
        assert_eq!(error.code(), Code::Unimplemented);
        assert!(error.message().contains("CommandStatementQuery"), "{}", error.message());
    }

    #[test]
    fn so_is_the_bare_name_of_one() {
        let name = "arrow.flight.protocol.sql.CommandStatementQuery";
        for text in [name.to_owned(), format!("type.googleapis.com/{name}\n")] {
            let error = parse_command("command", text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::Unimplemented);
            let said = format!("Flight SQL is not served here: {name} is not implemented");
            assert_eq!(error.message(), said);
        }
        let name = "sales/arrow.flight.protocol.sql.x";
        let name = (name, Command::Name(name.to_owned()));
        assert_eq!(parse_command("command", name.0.as_bytes()).unwrap(), name.1);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for bytes in [&[0xff, 0xfe][..], b"", b"   "] {
            let error = parse_command("ticket", bytes).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
        }
    }

    #[test]
    fn path_components_join() {
        let path = |parts: &[&str]| parts.iter().map(|&p| p.to_owned()).collect::<Vec<_>>();
        assert_eq!(dataset_of_path(&path(&["a", "b"])).unwrap(), "a/b");
        assert_eq!(dataset_of_path(&path(&["a/b"])).unwrap(), "a/b");
        assert!(dataset_of_path(&path(&[""])).is_err());
        assert!(dataset_of_path(&[]).is_err());
    }
}
