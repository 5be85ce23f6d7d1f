//! [`connect_http1`]: a socket to a server that speaks no gRPC.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::Reach;
use crate::socket::tune;
use crate::tls::ClientTls;

/// A socket to speak HTTP/1.1 over.
pub trait Http1Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Http1Socket for T {}

/// After so much silence the kernel asks whether the server is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// Connects to a server that speaks HTTP/1.1, over TLS where `tls` is there. What a host name
/// stands for is held against `reach`, as for a [`Channel`](super::Channel).
///
/// # Errors
/// A text that says what is wrong.
///
/// # Cancel safety
/// Cancel-safe: the connection is closed.
pub async fn connect_http1(
    host: &str,
    port: u16,
    tls: Option<&ClientTls>,
    reach: Reach,
) -> Result<Box<dyn Http1Socket>, String> {
    let socket = reach.connect(host, port).await?;
    tune(&socket, Some(KEEPALIVE_IDLE));
    match tls {
        None => Ok(Box::new(socket)),
        Some(tls) => Ok(Box::new(tls.connect_http1(host, socket).await?)),
    }
}
