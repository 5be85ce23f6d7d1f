//! The server: listeners, connections, calls.

mod accept;
mod call;
mod config;
mod connection;
mod refuse;
mod serve;
mod stall;

pub use accept::{CallHead, accept, reply};
pub(crate) use accept::{
    GRPC_ACCEPT_ENCODING, GRPC_ENCODING, GRPC_TIMEOUT, IDENTITY, grpc_subtype,
};
pub use config::ServerConfig;
pub(crate) use connection::serve_connection;
pub use serve::serve;
