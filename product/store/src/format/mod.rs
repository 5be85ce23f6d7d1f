//! File formats: which there are, how each is read and how each is written.

mod kind;
mod options;
mod reader;

pub use kind::Format;
pub use options::ReadOptions;
pub use reader::FileReader;
