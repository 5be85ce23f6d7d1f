//! The byte streams a connection can run over, as one erased type.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Anything that HTTP/2 can run over. Boxed once a connection: the price is one indirect call a
/// read or write, and vectored writes pass through.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Socket for T {}

/// Passes what is written on to the `socket` inside: for wrappers that care for what is read.
macro_rules! forward_writes {
    ($wrapper:ident) => {
        impl<T: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for $wrapper<T> {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                std::pin::Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                std::pin::Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.socket.is_write_vectored()
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::pin::Pin::new(&mut self.get_mut().socket).poll_flush(cx)
            }

            fn poll_shutdown(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::pin::Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
            }
        }
    };
}
pub(crate) use forward_writes;

/// How often a silent TCP connection is probed by the kernel, from `idle` on.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
/// How many unanswered probes end it.
const PROBES_MAX: u32 = 3;

/// How much a Unix socket takes before its writer waits. The kernel's default of 208 KiB makes the
/// two ends take turns; with this one fills it while the other empties it. TCP's grows by itself.
const UNIX_BUFFER_BYTES: usize = 512 << 10;

/// How long a peer that was told goodbye has to hang up.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(1);

/// Ends a connection whose last words the peer is to read: says that nothing more comes, and waits
/// a moment for the peer to hang up. Closing a socket with bytes unread would reset it, and the
/// peer might never see them.
pub(crate) async fn hang_up(socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let goodbye = async {
        socket.shutdown().await?;
        let mut scratch = [0; 1024];
        while socket.read(&mut scratch).await? > 0 {}
        std::io::Result::Ok(())
    };
    // No error matters here: the connection is given up either way.
    let _ = tokio::time::timeout(GOODBYE_PATIENCE, goodbye).await;
}

/// Sets what both ends want of a Unix socket: a larger buffer. One that refuses works all the same.
pub(crate) fn tune_unix(socket: &UnixStream) {
    if let Err(error) = SockRef::from(socket).set_send_buffer_size(UNIX_BUFFER_BYTES) {
        tracing::debug!(%error, "cannot set SO_SNDBUF");
    }
}

/// Sets what both ends want of a TCP socket: no Nagle delay (messages are written whole), and the
/// kernel's own keepalive after `idle`. A socket that refuses an option works all the same.
pub(crate) fn tune(socket: &TcpStream, idle: Option<Duration>) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let Some(idle) = idle else { return };
    let keepalive =
        TcpKeepalive::new().with_time(idle).with_interval(PROBE_INTERVAL).with_retries(PROBES_MAX);
    if let Err(error) = SockRef::from(socket).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "cannot set TCP keepalive");
    }
}
