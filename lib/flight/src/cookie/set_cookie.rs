//! One `set-cookie` header.

use std::time::{Duration, SystemTime};

use super::date;

/// A cookie as a server sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetCookie {
    pub(super) name: String,
    pub(super) value: String,
    /// `None`: as long as the client lives.
    pub(super) expires: Option<SystemTime>,
}

impl SetCookie {
    /// Reads a header, `NAME=VALUE; ATTRIBUTE=VALUE; …`; `None` when it is no cookie. Attributes
    /// other than Max-Age and Expires are about other servers and paths, which a jar has not.
    pub(super) fn parse(header: &str, now: SystemTime) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        // A name is a token (RFC 6265, 4.1.1), so that a saved line can be told from other text.
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let (mut max_age, mut expires) = (None, None);
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let (attribute, value) = (attribute.trim(), value.trim().trim_matches('"'));
            if attribute.eq_ignore_ascii_case("max-age") {
                max_age = value.parse::<i64>().ok().or(max_age);
            } else if attribute.eq_ignore_ascii_case("expires") {
                expires = date::parse(value).or(expires);
            }
        }
        let expires = match max_age {
            // Whatever Expires says.
            Some(seconds) => match u64::try_from(seconds) {
                // Later than any clock can show is never.
                Ok(seconds) => now.checked_add(Duration::from_secs(seconds)),
                Err(_) => Some(now),
            },
            None => expires,
        };
        Some(Self { name: name.to_owned(), value: value.to_owned(), expires })
    }

    /// The header again, with its end as a date.
    pub(super) fn to_line(&self) -> String {
        let Self { name, value, expires } = self;
        match expires {
            Some(expires) => format!("{name}={value}; Expires={}", date::format(*expires)),
            None => format!("{name}={value}"),
        }
    }

    /// Whether it is over at that time.
    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Option<(String, String, Option<u64>)> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let cookie = SetCookie::parse(header, now)?;
        let expires = cookie.expires.map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap());
        Some((cookie.name, cookie.value, expires.map(|at| at.as_secs())))
    }

    #[test]
    fn names_values_and_ends() {
        for (header, name, value, expires) in [
            ("a=b", "a", "b", None),
            (" a = b=c ;Path=/; HttpOnly", "a", "b=c", None),
            ("a=", "a", "", None),
            ("a=\"b\"", "a", "\"b\"", None),
            ("a=b; Max-Age=5", "a", "b", Some(1005)),
            ("a=b; max-age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "a", "b", Some(1000)),
            ("a=b; Expires=Thu, 01 Jan 2099 00:00:00 GMT; MAX-AGE=-1", "a", "b", Some(1000)),
            ("a=b; Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:07 GMT", "a", "b", Some(7)),
            ("a=b; Expires=never", "a", "b", None),
        ] {
            assert_eq!(parse(header), Some((name.into(), value.into(), expires)), "{header}");
        }
        for header in ["", "a", "=b", "a b=c", "; Max-Age=1"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
