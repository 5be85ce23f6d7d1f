//! The client: a channel of calls over one connection that comes back when it is lost.

mod channel;
mod config;
mod connect;
mod connection;
mod download;
mod errors;
mod http1;
mod reach;
mod request;
mod upload;

pub use channel::Channel;
pub use config::ChannelConfig;
pub use http1::{Http1Socket, connect_http1};
pub use reach::Reach;
pub use request::CallRequest;
