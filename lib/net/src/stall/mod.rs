//! Guards against peers that make no progress: what counts as progress, and who looks.
//!
//! - [`Arriving`] watches the messages that a peer sends on one call;
//! - [`Ledger`] and [`Sent`] watch what a peer takes of one call;
//! - [`Paced`] watches the connection itself: frames that do not end, a socket that nobody reads.

mod arriving;
mod ledger;
mod messages;
mod pace;
mod paced;
mod sent;

pub(crate) use arriving::Arriving;
pub(crate) use ledger::Ledger;
pub(crate) use paced::{Paced, Wire};
pub(crate) use sent::Sent;
