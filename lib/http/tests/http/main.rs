//! Locations behind real HTTP servers, friendly and hostile. One binary, to link once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper fails the test"
)]

mod hostile;
mod reach;
mod server;
mod support;
mod tls;
mod whole;
