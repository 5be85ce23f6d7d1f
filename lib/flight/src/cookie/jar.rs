//! [`CookieJar`]: the cookies that a client keeps.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, header};

use super::set_cookie::SetCookie;

/// How many cookies a server may leave: what RFC 6265 asks of clients.
const COOKIES_MAX: usize = 50;
/// How long a cookie may be, with its name; by the same RFC.
const COOKIE_BYTES_MAX: usize = 4096;

/// The cookies of one server, kept for the calls that follow: see
/// [`Client::with_cookies`](crate::Client::with_cookies). Clones share what is in it.
///
/// Cookies come from headers and trailers, of calls that fail too. Names are compared without
/// regard to case. Up to 50 cookies of up to 4 KiB are kept; others are ignored.
#[derive(Clone, Default)]
pub struct CookieJar {
    /// By their names in lower case.
    cookies: Arc<Mutex<BTreeMap<String, SetCookie>>>,
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a cookie that is there and not over.
    pub fn get(&self, name: &str) -> Option<String> {
        let cookies = self.cookies();
        let cookie = cookies.get(&name.to_ascii_lowercase())?;
        (!cookie.is_expired(SystemTime::now())).then(|| cookie.value.clone())
    }

    /// Forgets all cookies.
    pub fn clear(&self) {
        self.cookies().clear();
    }

    /// What is in it, to be kept for another process: a line for each cookie, as `set-cookie` has
    /// it. These are secrets.
    pub fn save(&self) -> String {
        let now = SystemTime::now();
        let mut lines = String::new();
        for cookie in self.cookies().values().filter(|cookie| !cookie.is_expired(now)) {
            lines.push_str(&cookie.to_line());
            lines.push('\n');
        }
        lines
    }

    /// Adds what [`save`](Self::save) wrote. Lines that are no cookies are passed over.
    pub fn load(&self, lines: &str) {
        self.take(lines.lines());
    }

    /// Takes the cookies of a response's headers or trailers.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let lines = headers.get_all(header::SET_COOKIE).into_iter();
        self.take(lines.filter_map(|line| line.to_str().ok()));
    }

    fn take<'a>(&self, lines: impl Iterator<Item = &'a str>) {
        let mut lines = lines.peekable();
        if lines.peek().is_none() {
            return;
        }
        let now = SystemTime::now();
        let mut cookies = self.cookies();
        for line in lines {
            let Some(cookie) = SetCookie::parse(line, now) else { continue };
            let name = cookie.name.to_ascii_lowercase();
            if cookie.is_expired(now) {
                cookies.remove(&name);
                continue;
            }
            cookies.retain(|_, cookie| !cookie.is_expired(now));
            let fits = cookie.name.len() + cookie.value.len() <= COOKIE_BYTES_MAX;
            let has_room = cookies.len() < COOKIES_MAX || cookies.contains_key(&name);
            if fits && has_room {
                cookies.insert(name, cookie);
            } else {
                tracing::debug!(name = cookie.name, "a cookie too many, or too large");
            }
        }
    }

    /// Adds the cookies to the headers of a request, behind those that are there.
    pub(crate) fn send(&self, headers: &mut HeaderMap) {
        let cookies = self.cookies();
        if cookies.is_empty() {
            return;
        }
        let now = SystemTime::now();
        let alive = cookies.values().filter(|cookie| !cookie.is_expired(now));
        let kept = alive.map(|cookie| format!("{}={}", cookie.name, cookie.value));
        let given = headers.get_all(header::COOKIE).into_iter();
        let given = given.filter_map(|value| value.to_str().ok()).map(str::to_owned);
        let line = given.chain(kept).collect::<Vec<_>>().join("; ");
        // A server reads one line, so there is one. What came in a header fits into one.
        if let Ok(mut value) = HeaderValue::try_from(line)
            && !value.is_empty()
        {
            value.set_sensitive(true);
            headers.insert(header::COOKIE, value);
        }
    }

    fn cookies(&self) -> MutexGuard<'_, BTreeMap<String, SetCookie>> {
        // Whatever panicked in here left whole cookies.
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Values are secrets.
impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.cookies().values().map(|cookie| cookie.name.clone()).collect();
        f.debug_struct("CookieJar").field("names", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(jar: &CookieJar, lines: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::SET_COOKIE, HeaderValue::from_str(line).unwrap());
        }
        jar.learn(&headers);
    }

    fn sent(jar: &CookieJar, given: &[&'static str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in given {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        jar.send(&mut headers);
        let values = headers.get_all(header::COOKIE).into_iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_came_goes_back_in_one_line() {
        let jar = CookieJar::new();
        assert!(sent(&jar, &[]).is_empty());
        learn(&jar, &["b=2; Path=/", "A=1", "bad"]);
        assert_eq!(sent(&jar, &[]), ["A=1; b=2"]);
        assert_eq!(sent(&jar, &["x=0", "y=0"]), ["x=0; y=0; A=1; b=2"]);
        learn(&jar, &["a=3"]);
        assert_eq!(sent(&jar, &[]), ["a=3; b=2"]);
        assert_eq!(jar.clone().get("A").as_deref(), Some("3"));
    }

    #[test]
    fn what_is_over_is_gone() {
        let jar = CookieJar::new();
        learn(&jar, &["a=1", "b=2; Max-Age=1000", "c=3; Max-Age=0"]);
        assert_eq!(sent(&jar, &[]), ["a=1; b=2"]);
        learn(&jar, &["A=closed; Max-Age=0", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
        assert!(sent(&jar, &[]).is_empty());
        // Over by itself, while it is kept.
        jar.cookies().insert(
            "d".to_owned(),
            SetCookie {
                name: "d".to_owned(),
                value: "4".to_owned(),
                expires: Some(SystemTime::now() - std::time::Duration::from_secs(1)),
            },
        );
        assert!(sent(&jar, &[]).is_empty());
        assert_eq!(jar.get("d"), None);
    }

    #[test]
    fn a_server_cannot_fill_it() {
        let jar = CookieJar::new();
        let lines: Vec<_> = (0..COOKIES_MAX + 5).map(|at| format!("c{at:03}=x")).collect();
        learn(&jar, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(jar.cookies().len(), COOKIES_MAX);
        learn(&jar, &["c000=y"]);
        assert_eq!(jar.get("c000").as_deref(), Some("y"));
        let long = "x".repeat(COOKIE_BYTES_MAX);
        jar.clear();
        learn(&jar, &[&format!("a={}", &long[1..]), &format!("b={long}")]);
        assert_eq!((jar.get("a").map(|v| v.len()), jar.get("b")), (Some(4095), None));
    }

    #[test]
    fn a_jar_is_kept_for_another_process() {
        let jar = CookieJar::new();
        learn(&jar, &["a=1=\"x\"", "B=2; Max-Age=1000", "c=3; Max-Age=0"]);
        let saved = jar.save();
        let other = CookieJar::new();
        other.load(&saved);
        assert_eq!(sent(&other, &[]), ["a=1=\"x\"; B=2"]);
        assert_eq!(other.save(), saved);
        assert_eq!(saved.matches("Expires=").count(), 1, "{saved}");
        other.load("a=; Max-Age=0\nnothing\n\n");
        assert_eq!(sent(&other, &[]), ["B=2"]);
    }

    #[test]
    fn values_are_not_shown() {
        let jar = CookieJar::new();
        learn(&jar, &["id=secret"]);
        assert_eq!(format!("{jar:?}"), r#"CookieJar { names: ["id"] }"#);
    }
}
