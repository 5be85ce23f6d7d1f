//! Where a store's files lie: in a folder of this machine, or below a prefix of a bucket.
//!
//! The rest of the crate knows a [`Place`]: it lists what is there, each file with its [`Stamp`],
//! and opens a file in the state that a stamp names. All of it blocks.

mod bucket;
mod condition;
mod failure;
mod location;
mod object;
mod place;
mod put;
mod root;
mod runtime;
mod settings;
mod spool;
mod stamp;

pub(crate) use bucket::Bucket;
pub(crate) use condition::Expect;
pub use location::StoreLocation;
pub(crate) use object::{Held, Object};
pub(crate) use place::{Found, Place};
pub(crate) use put::Put;
pub(crate) use root::Root;
pub(crate) use runtime::{Started, wait};
pub use settings::BucketSettings;
pub(crate) use spool::spool;
pub(crate) use stamp::Stamp;
