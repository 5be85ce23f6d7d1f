//! What the tests of several crates share: every Arrow type, and arrays of them with random
//! content.
//!
//! It stands on the Arrow crates alone, so that every crate of the framework can use it in its
//! tests. The feature `scenarios` adds those of Arrow's integration tests, which stand on the
//! framework; the feature `certificates` adds what tests of TLS need.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails while test data is made fails the test"
)]

mod arrays;
mod batch;
#[cfg(feature = "certificates")]
pub mod certificates;
#[cfg(feature = "scenarios")]
pub mod json;
pub mod memory;
mod random;
#[cfg(feature = "scenarios")]
pub mod scenarios;
pub mod types;

pub use arrays::array;
pub use batch::batch;
pub use random::Random;
