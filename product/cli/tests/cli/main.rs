//! The binary as people use it: every command against real servers, with exit codes and output.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "what fails in a helper fails the test"
)]

mod auth;
mod ctrl_c;
mod demo;
mod drain;
mod exchange;
mod faults;
mod formats;
mod get;
mod log;
mod ls;
mod parallel;
mod put;
mod query;
mod rm;
mod serve;
mod session;
mod support;
mod tls;
mod upload_crash;
mod usage;
