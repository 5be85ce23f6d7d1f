//! The server: listeners, connections, calls.

mod accept;
mod call;
mod config;
mod connection;
mod refuse;
mod secure;
mod serve;
mod stall;

pub(crate) use accept::{
    ACCEPTED, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, GRPC_TIMEOUT, grpc_subtype, is_understood,
};
pub use accept::{CallHead, accept, reply};
pub use config::ServerConfig;
pub(crate) use connection::serve_connection;
pub use serve::serve;
