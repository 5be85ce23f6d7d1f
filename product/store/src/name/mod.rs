//! Names of datasets: path components below the store's folder.

mod dataset_name;

pub use dataset_name::DatasetName;
