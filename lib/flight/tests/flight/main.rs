//! Both peers in one process, over real sockets and in memory. One binary, to link once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod actions_and_info;
mod batches;
mod cancellation;
mod copies;
mod credentials;
mod data_path;
mod defaults;
mod exchange;
mod fairness;
mod get;
mod hosting;
mod middleware;
mod poll;
mod put;
mod random;
mod raw;
mod sessions;
mod standard_actions;
mod support;
mod tls;
mod types;
