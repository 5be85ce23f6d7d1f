//! [`Promise`]: what a server says about reading an endpoint again.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

const VERSION: HeaderName = HeaderName::from_static("wingbeat-version");
const ORDER: HeaderName = HeaderName::from_static("wingbeat-order");
const STABLE: HeaderValue = HeaderValue::from_static("stable");

/// The response headers `wingbeat-version: V` and `wingbeat-order: stable` of a DoGet, both: the
/// rows are those of version V, and whoever reads the same ticket in the same version, from
/// whichever server, gets the same rows in the same order. The borders between batches may differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Promise {
    version: Bytes,
}

impl Promise {
    /// `None` where the server makes none.
    pub(in crate::client) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let version = headers.get(VERSION)?;
        let is_stable = headers.get(ORDER) == Some(&STABLE);
        (is_stable && !version.is_empty())
            .then(|| Self { version: Bytes::copy_from_slice(version.as_bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_or_none() {
        let promise = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            Promise::from_headers(&headers)
        };
        let (version, stable) = (("wingbeat-version", "a1"), ("wingbeat-order", "stable"));
        assert!(promise(&[version, stable]).is_some());
        assert_eq!(promise(&[version, stable]), promise(&[version, stable]));
        assert_ne!(promise(&[version, stable]), promise(&[("wingbeat-version", "a2"), stable]));
        for pairs in [
            &[][..],
            &[version],
            &[stable],
            &[version, ("wingbeat-order", "some")],
            &[("wingbeat-version", ""), stable],
        ] {
            assert_eq!(promise(pairs), None, "{pairs:?}");
        }
    }
}
