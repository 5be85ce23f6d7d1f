//! Who calls, and what that caller may do: the seams, and the gate in front of every handler.

mod access;
mod attempt;
mod authenticator;
mod authorizer;
mod gate;
mod refusal;

pub use self::access::{Access, Permission, Resource};
pub use self::attempt::AuthAttempt;
pub use self::authenticator::{Authenticated, Authenticator};
pub use self::authorizer::Authorizer;
pub use self::refusal::Refusal;

pub(crate) use self::gate::{Gate, granting_header, not_authenticated, unfit_token};
