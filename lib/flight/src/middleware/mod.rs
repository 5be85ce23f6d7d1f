//! Middleware: code around every call, on a client and on a server.

mod client;
mod server;

pub use self::client::{ClientCallInfo, ClientMiddleware, ClientMiddlewareFactory};
pub use self::server::{ServerCallInfo, ServerMiddleware, ServerMiddlewareFactory};
