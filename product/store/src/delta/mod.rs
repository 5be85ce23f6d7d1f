//! Delta Lake tables: folders whose files, schema and history stand in a log.
//!
//! ```text
//! trips/_delta_log/00000000000000000007.json    version 7: which files came, which went
//! trips/part-….parquet                          a file of some version
//! ```
//!
//! The log is read and committed by delta-rs; the files are read and written as all others of this
//! crate. A file that the log does not name does not exist, and a version, once committed, never
//! changes.

mod commit;
mod creation;
mod error;
mod folder;
mod known;
mod layout;
mod log;
mod partition;
mod parts;
mod protocol;
mod prune;
mod schema;
mod statistics;
mod table;
mod travel;
mod upload;

pub(crate) use commit::{Change, Landed, Recorded};
pub(crate) use known::Tables;
pub(crate) use layout::Layout;
pub(crate) use log::{is_log_entry, is_table};
pub(crate) use table::{Table, number_of};
pub(crate) use travel::Moment;
pub(crate) use upload::{FinishedTable, NewFile, TableUpload};

#[cfg(test)]
mod tests;
