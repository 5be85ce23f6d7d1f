//! From the arguments about TLS to what the framework takes.

mod connect;
mod self_signed;
mod serve;

pub(crate) use connect::connect_tls;
pub(crate) use serve::serve_tls;
