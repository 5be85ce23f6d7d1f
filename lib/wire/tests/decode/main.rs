//! The receiving half of Arrow IPC: what valid messages decode to, and what invalid ones say.

mod batches;
mod compressed;
mod flight_data;
mod forge;
mod oracle;
mod samples;
mod schemas;
