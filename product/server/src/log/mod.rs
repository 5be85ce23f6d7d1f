//! The access log: one line a call, and an id that its errors name.

mod body;
mod layer;
mod record;

pub use layer::{AccessLog, AccessLogService};
pub(crate) use record::{CallRecord, Noting, note_user};
