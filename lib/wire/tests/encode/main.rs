//! The encoder of IPC messages against the Arrow project's reader.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod dictionaries;
mod messages;
mod oracle;
mod round_trip;
mod schemas;
mod sharing;
mod splitting;
