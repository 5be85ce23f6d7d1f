//! The server as its clients see it: a real one on a free port, and Wingbeat's client.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails in a test fails the test")]

mod actions;
mod auth;
mod broken;
mod endpoints;
mod health;
mod info;
mod limits;
mod listing;
mod load;
mod log;
mod logs;
mod modes;
mod resume;
mod shutdown;
mod support;
mod tickets;
mod uploads;
