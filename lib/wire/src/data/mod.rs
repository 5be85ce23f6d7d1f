//! `FlightData` on the wire: the messages of DoGet, DoPut and DoExchange.
//!
//! Sending, a message is a rope: a small head ([`FlightDataHead`]) and then the Arrow buffers as
//! they are. Receiving, [`FlightDataDeframer`] reads the head while it arrives and copies the body
//! once, into aligned memory that is used again ([`BodyPool`]).

mod chunk;
mod decoder;
mod deframe;
mod encoder;
mod flight_data;
mod head;
mod ipc_stream;
mod pool;

pub use chunk::FlightStreamChunk;
pub use decoder::{Decoded, FlightDataDecoder};
pub use deframe::FlightDataDeframer;
pub use encoder::FlightDataEncoder;
pub use flight_data::FlightData;
pub use head::FlightDataHead;
pub use ipc_stream::IpcStreamDeframer;
pub use pool::{BodyPool, BodyPoolStatistics};
