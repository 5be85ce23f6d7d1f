//! Watches a connection: frames that begin and do not end, and a socket that nobody reads.
//!
//! Either stops every call of the connection at once, and no call can tell it from a peer that
//! rests. So the connection has to end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ledger::{Ledger, Watch};
use crate::frames::FrameFollower;

/// A socket whose bytes are counted.
pub(crate) struct Paced<T> {
    socket: T,
    frames: FrameFollower,
    wire: Arc<Wire>,
}

/// What is under way on a connection, in both directions.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Owes the rest of a frame that has begun.
    read: Ledger,
    /// Owes what the socket did not take.
    written: Ledger,
    /// The last stream that the peer has looked at or will, once it has said so.
    last_stream_id: LastStream,
}

/// What the peer's GOAWAYs say; each may say less than the one before.
#[derive(Debug)]
struct LastStream(AtomicU32);

impl Default for LastStream {
    fn default() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }
}

impl<T> Paced<T> {
    /// Watches a connection that a client opened.
    pub(crate) fn from_client(socket: T) -> (Self, Arc<Wire>) {
        Self::new(socket, FrameFollower::preface_and_frames())
    }

    /// Watches a connection to a server.
    pub(crate) fn from_server(socket: T) -> (Self, Arc<Wire>) {
        Self::new(socket, FrameFollower::frames())
    }

    fn new(socket: T, frames: FrameFollower) -> (Self, Arc<Wire>) {
        let wire = Arc::new(Wire::default());
        (Self { socket, frames, wire: Arc::clone(&wire) }, wire)
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>, offered: impl FnOnce() -> usize) {
        let ledger = &self.wire.written;
        match written {
            Poll::Ready(Ok(count)) => {
                ledger.moved(*count as u64);
                ledger.owe(0);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => ledger.owe(offered() as u64),
        }
    }
}

impl Wire {
    /// How many bytes were read so far.
    pub(crate) fn heard(&self) -> u64 {
        self.read.total_moved()
    }

    /// Whether the peer has said that it has not looked at that stream, and will not.
    pub(crate) fn has_not_seen(&self, stream_id: u32) -> bool {
        stream_id > self.last_stream_id.0.load(Ordering::Acquire)
    }

    /// Resolves with the reason when the connection makes no progress; `None` never resolves.
    pub(crate) async fn stalled(&self, timeout: Option<Duration>) -> &'static str {
        let Some(timeout) = timeout else { return std::future::pending().await };
        let (mut read, mut written) = (Watch::new(timeout), Watch::new(timeout));
        loop {
            if written.look(&self.written) {
                return "it takes no bytes from its socket";
            }
            if self.written.under_way() > 0 {
                // HTTP/2 reads nothing more while its own answers wait to be written.
                read.excuse();
            } else if read.look(&self.read) {
                return "it stopped within a frame";
            }
            tokio::select! {
                () = read.rest() => {}
                () = written.rest() => {}
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        let read = buf.filled().get(before..).unwrap_or_default();
        if !read.is_empty() {
            this.frames.push(read);
            this.wire.read.moved(read.len() as u64);
            this.wire.read.owe(this.frames.missing() as u64);
            if let Some(id) = this.frames.last_stream_id() {
                this.wire.last_stream_id.0.fetch_min(id, Ordering::AcqRel);
            }
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.wrote(&written, || buf.len());
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.wrote(&written, || bufs.iter().map(|buf| buf.len()).sum());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
