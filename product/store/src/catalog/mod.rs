//! What lies in the folder: datasets, how they are found, named and kept in an index.
//!
//! A scan stats every file below the root; a probe opens those it has not seen in this version;
//! an index is built of both and kept until it is too old.

mod build;
mod cache;
mod classify;
mod dataset;
mod hive;
mod index;
mod probe;
mod scan;
mod scan_bucket;
mod selection;
mod unify;
mod version_hash;

pub(crate) use cache::Catalog;
pub(crate) use dataset::Part;
pub use dataset::{Dataset, DatasetKind};
pub(crate) use probe::Facts;
pub use selection::Selection;
