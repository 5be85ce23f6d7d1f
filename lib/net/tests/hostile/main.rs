//! Peers that speak HTTP/2 by hand and mean no good, against our server and against our client.
//!
//! Every test shows three things: the memory stays bounded, the call (or, where nothing else is
//! possible, the connection) ends with a clear error in time, and the other calls go on.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

mod against_client;
mod against_server;
mod memory;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use std::time::Duration;

/// How long peers may make no progress in these tests.
const STALL: Duration = Duration::from_millis(400);
