//! Reading whole flights from several servers, over real sockets. One binary, to link once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod budget;
mod failure;
mod fetcher;
mod locations;
mod node;
mod parallel;
mod partitions;
mod support;
mod time;
mod trust;
mod whole;
