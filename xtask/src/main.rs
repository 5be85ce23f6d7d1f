//! The wingbeat binary.
fn main() {}
