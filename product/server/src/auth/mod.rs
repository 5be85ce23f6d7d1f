//! Who is let in, and to which datasets.

mod config;
mod guard;
mod policy;
mod rules;

pub use config::{AuthConfig, JwtConfig};
pub(crate) use guard::Guard;
