//! The JSON files of Arrow's integration tests: made here, and read.
//!
//! The format is described in Arrow's `Integration.rst`. A file holds a schema, its dictionaries
//! and batches, buffer by buffer.

mod columns;
mod files;
mod generate;
mod read;
mod schema;
mod text;
mod values;

pub use self::files::{FileKind, file_kinds};
pub use self::read::read;

use arrow_schema::ArrowError;

fn wrong(text: impl Into<String>) -> ArrowError {
    ArrowError::JsonError(text.into())
}
