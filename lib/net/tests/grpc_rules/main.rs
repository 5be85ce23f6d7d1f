//! The rules of gRPC over HTTP/2, one test each: what a client has to send and to understand
//! (against raw HTTP/2 servers), and the same of a server (against raw clients).
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod client;
mod server;
#[path = "../support/mod.rs"]
mod support;

/// A gRPC message of one byte `x`.
const MESSAGE: &[u8] = b"\0\0\0\0\x01x";
const GRPC: (&str, &str) = ("content-type", "application/grpc");
