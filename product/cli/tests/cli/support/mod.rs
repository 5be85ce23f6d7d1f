//! Servers, runs of the binary and data for the tests.

mod data;
mod foreign;
mod run;
mod server;
mod upload;

pub(crate) use data::{BIRDS_CSV, BIRDS_NDJSON, batch, files_below, write_file};
pub(crate) use foreign::Foreign;
pub(crate) use run::{Run, binary, start, wingbeat};
pub(crate) use server::{Server, without_disk};
pub(crate) use upload::{OpenUpload, data_below, until};
