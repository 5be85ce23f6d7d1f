//! Queries that run while their callers poll for them.

mod id;
mod queries;
mod query;

pub use self::queries::PollQueries;
pub use self::query::QueryProgress;
