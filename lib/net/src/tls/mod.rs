//! TLS below HTTP/2, through rustls: certificates of both sides, and who vouches for them.

mod client;
mod explain;
mod insecure;
mod material;
mod own_root;
mod peer_certificate;
mod provider;
mod roots;
mod server;
mod socket;
mod source;

pub use client::ClientTls;
pub use peer_certificate::PeerCertificate;
pub use server::ServerTls;
pub use source::{PemSource, TlsError};
