//! Writing files: one writer for every format, used by the store and by the command line.

mod dictionaries;
mod file_writer;
mod options;
mod representable;
mod sink;

pub use file_writer::{FileStats, FileWriter, WriteError};
pub use options::{Compression, UnknownCompression, WriteOptions};
pub use representable::{Unrepresentable, check_representable};

#[cfg(test)]
pub(crate) mod tests;
