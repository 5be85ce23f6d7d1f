//! The bytes of Arrow Flight, without I/O.
//!
//! This crate turns values into bytes and bytes into values: the messages of `Flight.proto`
//! ([`message`]), gRPC's framing and header syntax ([`grpc`]), the `FlightData` messages that carry
//! record batches ([`data`]) and the Arrow IPC messages inside them ([`ipc`]). It opens no socket,
//! starts no task and reads no clock, so every part of it can be tested with plain values.
//!
//! Two promises hold throughout:
//!
//! * Encoding copies no Arrow buffer. What is to be sent is a rope of reference-counted pieces
//!   ([`Segments`]).
//! * Whatever a peer sends ends in a value or in a [`DecodeError`], never in a panic, and no
//!   memory is taken on a claimed length alone beyond what [`Limits`] allows.
#![deny(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

pub mod data;
pub mod grpc;
pub mod ipc;
pub mod message;

mod collect;
mod deframe;
mod error;
mod flat;
mod input;
mod limits;
mod pb;
mod segments;

pub use deframe::Deframe;
pub use error::{DecodeError, EncodeError};
pub use limits::Limits;
pub use segments::Segments;

#[cfg(test)]
mod testing;
