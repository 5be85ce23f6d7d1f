//! The headers that say who calls, in whichever way they were set.

use http::header::Entry;
use http::{HeaderMap, HeaderName, header};

use super::AUTH_TOKEN;

const SECRETS: [HeaderName; 3] = [header::AUTHORIZATION, AUTH_TOKEN, header::COOKIE];

/// Whether there is one of them.
pub(crate) fn has_secrets(headers: &HeaderMap) -> bool {
    SECRETS.iter().any(|name| headers.contains_key(name))
}

/// Marks their values: HTTP/2 keeps no copy of such, and `Debug` does not show them.
pub(crate) fn mark_secrets(headers: &mut HeaderMap) {
    for name in SECRETS {
        if let Entry::Occupied(mut values) = headers.entry(name) {
            values.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn marked_values_are_not_shown() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer secret"),
            ("cookie", "a=secret"),
            ("cookie", "b=secret"),
            ("auth-token-bin", "secret"),
            ("x-plain", "shown"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert!(has_secrets(&headers));
        mark_secrets(&mut headers);
        let text = format!("{headers:?}");
        assert!(!text.contains("secret") && text.contains("shown"), "{text}");
    }
}
