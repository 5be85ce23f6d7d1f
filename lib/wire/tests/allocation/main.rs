//! What memory is taken for, counted by the allocator of this program.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod budget;
mod claims;
mod counting;
