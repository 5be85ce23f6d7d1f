//! The client: a channel of calls over one connection that comes back when it is lost.
//!
//! It stands on h2 itself, where the server stands on hyper: hyper's client keeps an upload that
//! waits for window alive after its call was dropped, and offers no handle to end it.

mod channel;
mod config;
mod connect;
mod connection;
mod download;
mod errors;
mod request;
mod upload;

pub use channel::Channel;
pub use config::ChannelConfig;
pub use request::CallRequest;
