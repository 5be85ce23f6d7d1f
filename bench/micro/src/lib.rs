//! Fixed pieces of work that the data path consists of: one list for the suite that takes times
//! (`benches/wire.rs`) and for the program that counts instructions (`main.rs`).
#![expect(clippy::unwrap_used, reason = "work that cannot be set up is not measured")]

mod cases;
mod streams;
mod workloads;

pub use cases::{Case, NAMES};
