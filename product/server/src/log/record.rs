//! What is noted about one call while it runs, and the line that is written when it ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use wingbeat::arrow::array::RecordBatch;
use wingbeat::{
    AuthAttempt, Authenticated, Authenticator, CallContext, Code, HeaderMap, HeaderName, PeerAddr,
    Refusal, ServerCallInfo, ServerMiddleware,
};

/// The header that names a call, in requests and in responses.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most of a name that somebody else chose, in characters.
const NAME_CHARS_MAX: usize = 256;

/// The longest request id taken over from a caller, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// One call, as the log will show it. The line is written when the last handle is dropped, so
/// that a call which its client gave up is logged as well.
#[derive(Debug, Clone)]
pub(crate) struct CallRecord(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    peer: Option<PeerAddr>,
    method: String,
    user: OnceLock<String>,
    started: Instant,
    dataset: OnceLock<String>,
    rows: AtomicU64,
    bytes: AtomicU64,
    end: OnceLock<(Code, String)>,
}

impl CallRecord {
    /// Begins the record of a call. The caller's own request id is taken over where it is
    /// harmless text.
    pub(super) fn begin(method: &str, peer: Option<PeerAddr>, headers: &HeaderMap) -> Self {
        let request_id = headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_harmless(id))
            .map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
        Self(Arc::new(Inner {
            request_id,
            peer,
            method: method.to_owned(),
            user: OnceLock::new(),
            started: Instant::now(),
            dataset: OnceLock::new(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            end: OnceLock::new(),
        }))
    }

    /// The record of the call of `cx`, where the access log is on.
    pub(crate) fn of(cx: &CallContext) -> Option<Self> {
        cx.extensions().get::<Self>().cloned()
    }

    /// The id of this call.
    pub(super) fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Notes who calls; the first name stays.
    fn user(&self, name: &str) {
        self.0.user.get_or_init(|| shortened(name));
    }

    /// Notes which dataset the call is about; the first name stays.
    pub(crate) fn dataset(&self, name: &str) {
        self.0.dataset.get_or_init(|| shortened(name));
    }

    /// Counts the rows of a batch that was sent or received.
    pub(crate) fn batch(&self, batch: &RecordBatch) {
        self.0.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
    }

    /// Counts bytes of messages, both directions together.
    pub(super) fn bytes(&self, bytes: usize) {
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// How the call failed, if it has.
    pub(super) fn failure(&self) -> Option<(Code, &str)> {
        let (code, text) = self.0.end.get()?;
        (*code != Code::Ok).then_some((*code, text.as_str()))
    }

    /// Notes how the call ended; what was noted first stays.
    pub(crate) fn end(&self, code: Code, message: String) {
        self.0.end.get_or_init(|| (code, message));
    }
}

/// An authenticator that notes whom it has let in, in a handshake as well, which says who it is
/// when it is under way.
pub(crate) struct Noting<A>(pub(crate) A);

impl<A: Authenticator> Authenticator for Noting<A> {
    async fn authenticate(&self, attempt: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        let found = self.0.authenticate(attempt).await?;
        if let Some(record) = attempt.extensions().get::<CallRecord>() {
            record.user(found.identity().as_str());
        }
        Ok(found)
    }
}

/// Middleware that notes who was let in by a certificate alone.
pub(crate) fn note_user(call: &mut ServerCallInfo<'_>) -> wingbeat::Result<Noted> {
    let user = call.peer_identity().map(str::to_owned);
    if let (Some(user), Some(record)) = (user, call.extensions_mut().get::<CallRecord>()) {
        record.user(&user);
    }
    Ok(Noted)
}

/// Has nothing more to do.
pub(crate) struct Noted;

impl ServerMiddleware for Noted {}

/// The beginning of a name. Both forms of the log escape what else is in it.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Whether a request id can stand in a log line and a header as it is.
fn is_harmless(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= REQUEST_ID_BYTES_MAX
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl Drop for Inner {
    fn drop(&mut self) {
        let given_up = (Code::Cancelled, "given up before its end".to_owned());
        let (code, error) = self.end.take().unwrap_or(given_up);
        let error = (code != Code::Ok).then_some(error);
        tracing::info!(
            target: "wingbeat::access",
            request_id = self.request_id,
            peer = self.peer.map(tracing::field::display),
            method = self.method,
            user = self.user.get(),
            dataset = self.dataset.get(),
            rows = self.rows.load(Ordering::Relaxed),
            bytes = self.bytes.load(Ordering::Relaxed),
            ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            code = code.name(),
            error,
            "call"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(header: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, header.parse().unwrap());
        CallRecord::begin("DoGet", None, &headers).request_id().to_owned()
    }

    #[test]
    fn names_that_others_chose_are_short() {
        assert_eq!(shortened("sales/größe.csv"), "sales/größe.csv");
        assert_eq!(shortened(&"x".repeat(256)), "x".repeat(256));
        assert_eq!(shortened(&"ß".repeat(100_000)), "ß".repeat(256) + "…");
    }

    #[test]
    fn a_harmless_request_id_is_taken_over() {
        assert_eq!(id_of("trace-1.a_B"), "trace-1.a_B");
        let long = "x".repeat(65);
        for id in ["", "a b", "a\"b", long.as_str()] {
            assert_ne!(id_of(id), id);
            assert_eq!(id_of(id).len(), 32);
        }
    }
}
