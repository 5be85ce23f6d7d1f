//! Parquet in this process alone: what the product's way through a server is measured against.
//!
//! Read and written as `product/store` does it, by one thread, without the store.

mod make;
mod read;
mod write;

pub(crate) use self::make::make;
pub(crate) use self::read::{load, read};
pub(crate) use self::write::write;
