//! Watches the first bytes that a server says: does it speak HTTP/2 at all?
//!
//! h2 would find out too, but late (text read as a frame length makes it wait for megabytes) and
//! without saying what was there instead. Nothing is held back or changed on the way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::oneshot;

use crate::socket::forward_writes;

/// The length of a frame's header; a server's first frame has to be SETTINGS (RFC 9113, 3.4).
const FRAME_HEADER_LEN: usize = 9;
/// The type of a SETTINGS frame, at this place of the header.
const SETTINGS: (usize, u8) = (3, 4);
/// How much of a foreign greeting is kept for the error.
const KEPT_BYTES_MAX: usize = 64;

/// Resolves once the peer's first bytes are known to be HTTP/2; an error when they are not, or
/// when the connection ends before.
pub(crate) type Greeted = oneshot::Receiver<Result<(), NotHttp2>>;

/// The peer said something else, or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotHttp2 {
    Closed,
    Spoke(Vec<u8>),
}

/// A socket that is watched until its greeting is through.
pub(crate) struct Watched<T> {
    socket: T,
    /// `None` once decided.
    watch: Option<Watch>,
}

struct Watch {
    seen: Vec<u8>,
    tell: oneshot::Sender<Result<(), NotHttp2>>,
}

impl<T> Watched<T> {
    /// Watches a connection to a server.
    pub(crate) fn new(socket: T) -> (Self, Greeted) {
        let (tell, greeted) = oneshot::channel();
        (Self { socket, watch: Some(Watch { seen: Vec::new(), tell }) }, greeted)
    }

    /// Looks at what was read. An error ends the connection.
    fn look(&mut self, read: &[u8]) -> io::Result<()> {
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let room = KEPT_BYTES_MAX - watch.seen.len();
        watch.seen.extend(read.iter().take(room));
        let verdict = match is_settings(&watch.seen) {
            _ if read.is_empty() => Err(NotHttp2::Closed),
            None => return Ok(()),
            Some(true) => Ok(()),
            Some(false) => Err(NotHttp2::Spoke(std::mem::take(&mut watch.seen))),
        };
        let Some(watch) = self.watch.take() else { return Ok(()) };
        let failed = verdict.is_err();
        // Nobody may be waiting any more; then nobody needs to know.
        let _ = watch.tell.send(verdict);
        if failed {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the peer speaks no HTTP/2"));
        }
        Ok(())
    }
}

/// Whether the bytes are a frame of settings; `None` while too few are there to tell.
fn is_settings(seen: &[u8]) -> Option<bool> {
    let (place, kind) = SETTINGS;
    let wrong = seen.get(place).is_some_and(|&found| found != kind);
    (wrong || seen.len() >= FRAME_HEADER_LEN).then_some(!wrong)
}

impl NotHttp2 {
    /// For the error of a call: what is at the other end.
    pub(crate) fn describe(&self) -> String {
        let bytes = match self {
            Self::Closed => {
                return "the peer closed the connection without a word (one that speaks TLS is at \
                        grpc+tls://)"
                    .to_owned();
            }
            Self::Spoke(bytes) => bytes.as_slice(),
        };
        let line = bytes.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or(bytes);
        let text = line.escape_ascii();
        if bytes.starts_with(b"HTTP/") {
            format!("the peer speaks HTTP/1 and no gRPC, it answered \"{text}\"")
        } else if matches!(bytes, [0x15 | 0x16, 3, ..]) {
            "the peer speaks TLS (its address is to begin with grpc+tls://)".to_owned()
        } else {
            format!("the peer speaks no HTTP/2, it began with \"{text}\"")
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.watch.is_none() {
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(cx, buf))?;
        let looked = this.look(buf.filled().get(before..).unwrap_or_default());
        if looked.is_err() {
            // A read that fails must not have read anything.
            buf.set_filled(before);
        }
        Poll::Ready(looked)
    }
}

forward_writes!(Watched);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What the watch says of a peer that writes `pieces` one by one and then leaves.
    async fn verdict(pieces: &[&[u8]]) -> Result<(), NotHttp2> {
        let (near, mut far) = tokio::io::duplex(1);
        let (mut near, greeted) = Watched::new(near);
        let read = async move {
            let mut all = Vec::new();
            // The error of a foreign greeting is what `greeted` tells in detail.
            let _ = near.read_to_end(&mut all).await;
        };
        let write = async move {
            for piece in pieces {
                // The reader hangs up on a foreign greeting.
                let _ = far.write_all(piece).await;
            }
        };
        let ((), (), greeted) = tokio::join!(read, write, greeted);
        greeted.unwrap()
    }

    #[tokio::test]
    async fn knows_its_own_kind_byte_by_byte() {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        assert_eq!(verdict(&[&settings]).await, Ok(()));
        assert_eq!(verdict(&[&settings, b"more"]).await, Ok(()));
    }

    #[tokio::test]
    async fn knows_strangers() {
        for greeting in ["HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9.6\r\n"] {
            let found = verdict(&[greeting.as_bytes()]).await;
            assert!(matches!(found, Err(NotHttp2::Spoke(_))), "{greeting}: {found:?}");
        }
        assert_eq!(verdict(&[&[0, 0]]).await, Err(NotHttp2::Closed));
        assert_eq!(verdict(&[]).await, Err(NotHttp2::Closed));
    }

    #[test]
    fn describes_what_it_found() {
        let http = NotHttp2::Spoke(b"HTTP/1.1 400 Bad Request\r\nserver: x".to_vec());
        assert!(http.describe().ends_with("it answered \"HTTP/1.1 400 Bad Request\""));
        let ssh = NotHttp2::Spoke(b"SSH-2.0\r\n".to_vec());
        assert!(ssh.describe().ends_with("it began with \"SSH-2.0\""));
        let tls = NotHttp2::Spoke(vec![0x15, 3, 1, 0, 2]);
        assert!(tls.describe().contains("grpc+tls://"));
    }
}
