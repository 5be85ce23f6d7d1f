//! Cookies of a client (RFC 6265, as far as one server needs it).

mod date;
mod jar;
mod set_cookie;

pub use self::jar::CookieJar;
