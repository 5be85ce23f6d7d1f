//! One call's two directions over h2, the same for a client and for a server.
//!
//! - [`Pump`] sends a body, as fast as the peer takes it;
//! - [`Tail`](tail::Tail) is what of it the peer has not taken when all was handed over;
//! - [`Received`] is a body as it arrives;
//! - [`ConnectionShared`] is what the pumps of one connection know of each other.

mod pump;
mod received;
mod shared;
mod tail;
#[cfg(test)]
mod testing;
mod traffic;
mod window;

pub(crate) use pump::{Pump, PumpError};
pub(crate) use received::Received;
pub(crate) use shared::ConnectionShared;
