//! What is measured, a file for each part.

pub(super) mod beside;
pub(super) mod calls;
pub(super) mod copies;
pub(super) mod latency;
pub(super) mod memory;
pub(super) mod product;
pub(super) mod streams;
pub(super) mod tls;
pub(super) mod transfer;
