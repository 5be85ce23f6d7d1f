//! [`TlsSocket`]: a TLS stream as HTTP/2 wants its socket.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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
    /// What it means that nothing was ever said, if that means something.
    silence: Option<&'static str>,
}

impl<T> TlsSocket<T> {
    pub(super) fn new(stream: T, explain: fn(&io::Error) -> String) -> Self {
        Self { stream, explain, silence: None }
    }

    /// Ends with this error when the peer leaves before it has said anything.
    pub(super) fn with_silence(mut self, silence: &'static str) -> Self {
        self.silence = Some(silence);
        self
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
        let before = buf.filled().len();
        let read = match ready!(Pin::new(&mut this.stream).poll_read(cx, buf)) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            Err(error)
                if error.kind() == io::ErrorKind::ConnectionReset && this.silence.is_some() =>
            {
                Ok(())
            }
            read => read,
        };
        let is_silence = read.is_ok() && buf.filled().len() == before;
        match this.silence.take() {
            Some(silence) if is_silence => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, silence)))
            }
            _ => this.explained(Poll::Ready(read)),
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn silence_is_told_from_an_end() {
        for (said, expected) in [(&b"x"[..], Ok(1)), (b"", Err("nothing".to_owned()))] {
            let (near, mut far) = tokio::io::duplex(8);
            let mut near = TlsSocket::new(near, ToString::to_string).with_silence("nothing");
            far.write_all(said).await.unwrap();
            drop(far);
            let read = near.read_to_end(&mut Vec::new()).await;
            assert_eq!(read.map_err(|error| error.to_string()), expected);
        }
    }
}
