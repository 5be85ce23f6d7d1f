//! What lies in the folder: datasets, how they are found, named and kept in an index.

mod dataset;
mod selection;

pub use dataset::{Dataset, DatasetKind};
pub use selection::Selection;
