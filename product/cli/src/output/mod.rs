//! Where rows go: a file that appears whole, stdout, a table for people.

mod atomic_file;
mod sink;
mod table;

pub(crate) use atomic_file::write_private;
pub(crate) use sink::{Choice, Sink};
pub(crate) use table::{ROWS_MAX, Table};
