//! The receiving half of Arrow IPC: what valid messages decode to, and what invalid ones say.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::needless_update, reason = "some tables have more fields than are given")]

mod batches;
mod compressed;
mod flight_data;
mod forge;
mod in_place;
mod oracle;
mod samples;
mod schemas;
