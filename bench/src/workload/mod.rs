//! The workloads: the table, what a batch of each holds, and how its bytes are counted.

mod bytes;
mod columns;
mod nested;
mod table;
#[cfg(test)]
mod tests;

pub use self::bytes::value_bytes;
pub use self::table::{Kind, Workload};
