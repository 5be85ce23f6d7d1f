//! What makes several servers one: tickets that any of them redeems.

mod clock;
mod keys;
mod tickets;

pub(crate) use clock::Clock;
pub use keys::TicketKey;
pub(crate) use keys::{KeyRing, Keys};
pub(crate) use tickets::{Redeem, Signer, Tickets};
