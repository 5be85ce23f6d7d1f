//! [`TlsSocket`]: a TLS stream as HTTP/2 wants its socket.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};

use super::explain::tls_error;

/// How much is read from a socket at once. rustls asks for 4 KiB at a time and decrypts record by
/// record; a system call for each would cost more than the copy that this is.
const READ_BUFFER_BYTES: usize = 128 << 10;

/// The socket below TLS.
pub(super) type Below<T> = BufReader<T>;

pub(super) fn below<T: AsyncRead>(socket: T) -> Below<T> {
    BufReader::with_capacity(READ_BUFFER_BYTES, socket)
}

/// A TLS stream whose errors say what is wrong: HTTP/2 keeps no more than their text. A client that
/// shows no certificate, or a wrong one, learns of it here, with TLS 1.3.
///
/// It ends like a plaintext socket, whether or not the peer says goodbye (`close_notify`): HTTP/2
/// knows the end of every message and call itself.
pub(super) struct TlsSocket<T> {
    stream: T,
    explain: fn(&io::Error) -> String,
}

impl<T> TlsSocket<T> {
    pub(super) fn new(stream: T, explain: fn(&io::Error) -> String) -> Self {
        Self { stream, explain }
    }

    fn explained<R>(&self, polled: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        polled.map_err(|error| match tls_error(&error) {
            Some(_) => io::Error::new(error.kind(), (self.explain)(&error)),
            None => error,
        })
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for TlsSocket<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Poll::Ready(Ok(()))
            }
            read => this.explained(read),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for TlsSocket<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.explained(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.explained(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.explained(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
