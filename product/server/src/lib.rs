//! The ready-to-run Flight server: a [`FlightService`](wingbeat::FlightService) over the store.
//!
//! What this crate does: it reads requests (names, commands, tickets, headers), asks the store,
//! and answers in the terms of Flight. What it does not do: it reads and writes no file itself
//! (that is `wingbeat-store`) and knows no command line (that is `wingbeat-cli`).
//!
//! [`serve`] is the whole server.

mod auth;
mod budget;
mod cluster;
mod config;
mod log;
mod request;
mod serve;
mod service;
mod stall;
mod status;

pub use auth::{AuthConfig, JwtConfig};
pub use cluster::TicketKey;
pub use config::{ConfigError, ServeConfig};
pub use log::{AccessLog, AccessLogService};
pub use serve::{ServeError, serve};
