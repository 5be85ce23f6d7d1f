//! Whether the head of an answer is that of an Arrow IPC stream.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};

/// The types of an Arrow IPC stream: its own, and those of servers that know nothing of it. An
/// answer without any is taken for one, as the specification has it.
const TYPES: [&str; 3] =
    ["application/vnd.apache.arrow.stream", "application/octet-stream", "binary/octet-stream"];

/// Whether it can be read.
///
/// # Errors
/// A text that says why not.
pub(crate) fn check(status: StatusCode, headers: &HeaderMap) -> Result<(), String> {
    if status.is_redirection() {
        return Err(format!("the server answered {status}, and redirects are not followed"));
    }
    if status != StatusCode::OK {
        return Err(format!("the server answered {status}"));
    }
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    if let Some(encoding) = header(&CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(format!("the content encoding {encoding:?} was not asked for"));
    }
    let Some(found) = header(&CONTENT_TYPE) else { return Ok(()) };
    let essence = found.split(';').next().unwrap_or_default().trim();
    if TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(format!("the content type is {found:?}, expected {:?}", TYPES[0]))
}

/// Whether HTTP itself says where the body ends, so that one that is cut off is known to be.
pub(crate) fn is_framed(headers: &HeaderMap, content_len: Option<u64>) -> bool {
    content_len.is_some() || headers.contains_key(TRANSFER_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(status: u16, headers: &[(&'static str, &'static str)]) -> Result<(), String> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        check(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn what_is_read() {
        for headers in [
            &[][..],
            &[("content-type", "application/vnd.apache.arrow.stream")],
            &[("content-type", "Application/Octet-Stream; x=1"), ("content-encoding", "identity")],
        ] {
            assert_eq!(checked(200, headers), Ok(()));
        }
        assert!(checked(302, &[("location", "/b")]).unwrap_err().contains("not followed"));
        assert!(checked(404, &[]).unwrap_err().contains("404"));
        assert!(checked(206, &[]).is_err(), "a part was not asked for");
        assert!(checked(200, &[("content-encoding", "gzip")]).is_err());
        assert!(checked(200, &[("content-type", "text/html")]).is_err());
        assert!(checked(200, &[("content-type", "application/vnd.apache.parquet")]).is_err());
    }
}
