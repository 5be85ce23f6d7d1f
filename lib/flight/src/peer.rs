//! What the two ends of a call tell each other beyond the protocol.
//!
//! A client of this implementation says with every call how large a message it takes, in the
//! request header `wingbeat-message-bytes-max`; a server that finds it there answers with its own.
//! Each end then sends whole batches, placed so that the other can use them as they lie. Where the
//! header is absent, the peer is another implementation, and what every peer takes is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use wingbeat_wire::Limits;

const MESSAGE_BYTES_MAX: HeaderName = HeaderName::from_static("wingbeat-message-bytes-max");

/// Less is no limit that anybody sets: split that far, a batch would be all heads.
const BYTES_MAX_LEAST: usize = 64 << 10;

/// The largest message that a peer has said it takes, in bytes; 0: it has said nothing. Clones are
/// the same value.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeerLimit(Arc<AtomicUsize>);

impl PeerLimit {
    /// What the headers of a request or response say.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let limit = Self::default();
        limit.learn(headers);
        limit
    }

    /// Takes what the headers say in place of what was known: a server may have been replaced.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        self.0.store(read(headers).unwrap_or(0), Ordering::Relaxed);
    }

    /// The limit, if the peer has told one.
    pub(crate) fn get(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
    }
}

fn read(headers: &HeaderMap) -> Option<usize> {
    let bytes = headers.get(MESSAGE_BYTES_MAX)?.to_str().ok()?.parse().ok()?;
    (bytes >= BYTES_MAX_LEAST).then_some(bytes)
}

/// Says how large a message this end takes.
pub(crate) fn announce(limits: &Limits, headers: &mut HeaderMap) {
    headers.insert(MESSAGE_BYTES_MAX, HeaderValue::from(limits.message_bytes_max));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(value: &str) -> Option<usize> {
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_BYTES_MAX, HeaderValue::from_str(value).unwrap());
        PeerLimit::from_headers(&headers).get()
    }

    #[test]
    fn what_is_announced_is_read() {
        let mut headers = HeaderMap::new();
        announce(&Limits::default().with_message_bytes_max(1 << 20), &mut headers);
        let limit = PeerLimit::from_headers(&headers);
        assert_eq!(limit.get(), Some(1 << 20));
        limit.learn(&HeaderMap::new());
        assert_eq!(limit.get(), None, "a server that was replaced by another");
    }

    #[test]
    fn what_makes_no_sense_says_nothing() {
        for value in ["", "much", "-1", "0", "100", "99999999999999999999999", "1e9"] {
            assert_eq!(limit(value), None, "{value}");
        }
        assert_eq!(limit("65536"), Some(65536));
    }
}
