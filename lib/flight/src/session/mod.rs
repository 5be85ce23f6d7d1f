//! Sessions: options that a client sets once and that hold for its later calls.

mod id;
mod kind;
mod memory;
mod sessions;
mod store;
#[cfg(test)]
mod tests;

pub use self::id::{SESSION_COOKIE, SessionId};
pub use self::kind::SessionOptionKind;
pub use self::memory::MemorySessions;
pub use self::sessions::Sessions;
pub use self::store::{Session, SessionStore};
