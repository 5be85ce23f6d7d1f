//! Sockets, HTTP/2 and gRPC calls: the transport below Arrow Flight.
//!
//! One gRPC call is request headers, two streams of byte ropes
//! ([`Segments`](wingbeat_wire::Segments)), and a [`Status`] at the end. This crate carries exactly
//! that, as a server ([`serve`]) and as a client ([`Channel`]), and owns the rules of gRPC over
//! HTTP/2. It knows neither Flight's messages nor Arrow's arrays.
//!
//! The rope is the data type of the bodies, so one DATA frame is one vectored write of many
//! buffers, and nothing is gathered on the way to the socket.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod address;
mod ahead;
mod aligned;
mod body;
mod client;
mod following;
mod frames;
mod gathered;
mod greeting;
mod keepalive;
mod listener;
mod messages;
mod peer;
mod server;
mod socket;
mod stall;
mod status;
mod stream;
mod tls;

pub use address::{Address, AddressError};
pub use body::{Body, BoxError, BytesBody};
pub use client::{CallRequest, Channel, ChannelConfig, Http1Socket, Reach, connect_http1};
pub use listener::Listener;
pub use messages::Messages;
pub use peer::PeerAddr;
pub use server::{CallHead, ServerConfig, accept, reply, serve};
pub use status::Status;
pub use tls::{ClientTls, PeerCertificate, PemSource, ServerTls, TlsError};
