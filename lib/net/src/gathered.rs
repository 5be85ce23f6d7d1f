//! Gathers short writes of a connection until its task rests.
//!
//! h2 writes frame by frame: a system call for each, and a wake-up of the peer. To a peer that
//! takes frames of 16 KiB only, as Go's, Java's and tonic's do by default, that is most of what
//! sending costs, more than the copy that gathers them. Longer frames pass as they are, and with
//! them more than was offered (see [`Ahead`]).

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wingbeat_wire::Segments;

use crate::ahead::Ahead;
use crate::following::Following;
use crate::frames::{DEFAULT_FRAME_LEN, FrameFollower};

/// Headers, trailers, control frames and the messages of small calls.
const SHORT_LEN_MAX: usize = 1 << 10;
/// How much is gathered at most.
const GATHERED_LEN_MAX: usize = 128 << 10;
/// A connection on which nothing happens keeps a buffer up to this long.
const IDLE_LEN_MAX: usize = 4 << 10;
/// What precedes a frame in one write: its own header, and others that are ready with it.
const BEFORE_FRAME_LEN_MAX: usize = 256;
/// How many pieces are written at once, as many as h2 offers and the buffer's two.
const SLICES_MAX: usize = 66;

/// A socket that gathers. [`Rest`] is what sends the last of it.
pub(crate) struct Gathered<T> {
    inner: Arc<Mutex<Inner<T>>>,
}

/// The other handle of a [`Gathered`] socket.
pub(crate) struct Rest<T> {
    inner: Arc<Mutex<Inner<T>>>,
}

struct Inner<T> {
    socket: T,
    waiting: VecDeque<u8>,
    /// Whether something was written since the connection's task rested.
    is_used: bool,
    /// Why what waited could not be written.
    failure: Option<io::Error>,
    ahead: Ahead,
}

impl<T> Gathered<T> {
    /// Writes to a client.
    pub(crate) fn to_client(socket: T) -> (Self, Rest<T>) {
        Self::new(socket, FrameFollower::frames())
    }

    /// Writes to a server.
    pub(crate) fn to_server(socket: T) -> (Self, Rest<T>) {
        Self::new(socket, FrameFollower::preface_and_frames())
    }

    fn new(socket: T, frames: FrameFollower) -> (Self, Rest<T>) {
        let (waiting, ahead) = (VecDeque::new(), Ahead::new(frames));
        let inner = Inner { socket, waiting, is_used: false, failure: None, ahead };
        let inner = Arc::new(Mutex::new(inner));
        (Self { inner: Arc::clone(&inner) }, Rest { inner })
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        lock(&self.inner)
    }
}

impl<T> Rest<T> {
    /// Where ropes lend what follows the pieces that they offer.
    pub(crate) fn following(&self) -> Arc<Following> {
        Arc::clone(lock(&self.inner).ahead.following())
    }
}

impl<T: AsyncWrite + Unpin> Rest<T> {
    /// Polls a connection, and writes what it left when it rests.
    pub(crate) fn after<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let polled = poll(cx);
        if polled.is_pending() {
            lock(&self.inner).rest(cx);
        }
        polled
    }
}

/// Nothing in here panics half-way.
fn lock<T>(inner: &Mutex<Inner<T>>) -> MutexGuard<'_, Inner<T>> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: AsyncWrite + Unpin> Inner<T> {
    fn rest(&mut self, cx: &mut Context<'_>) {
        let mut cleared = self.poll_clear(cx);
        if matches!(cleared, Poll::Ready(Ok(()))) {
            // Below TLS something may still wait.
            cleared = Pin::new(&mut self.socket).poll_flush(cx);
        }
        if let Poll::Ready(Err(error)) = cleared {
            // The connection learns it from its next write, or before that by reading.
            self.failure = Some(error);
        }
        if !self.is_used && self.waiting.is_empty() {
            self.waiting.shrink_to(IDLE_LEN_MAX);
        }
        self.is_used = false;
    }

    /// Writes what waits.
    fn poll_clear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = ready!(self.poll_socket(&[], &Segments::new(), cx))?;
            debug_assert_eq!(written, 0, "nothing else was offered");
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what waits, then `bufs`, and then what comes behind them, in one go. Says how much of
    /// the latter two was taken, which is nothing as long as something waits.
    fn poll_socket(
        &mut self,
        bufs: &[IoSlice<'_>],
        behind: &Segments,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let (first, second) = self.waiting.as_slices();
        let offered = [first, second].into_iter().chain(bufs.iter().map(|buf| &**buf));
        let offered = offered.chain(behind.iter()).filter(|piece| !piece.is_empty());
        let (mut few, mut many) = ([IoSlice::new(&[]); SLICES_MAX], Vec::new());
        let mut count = 0;
        let slices = if behind.is_empty() {
            for (slot, piece) in few.iter_mut().zip(offered) {
                *slot = IoSlice::new(piece);
                count += 1;
            }
            few.get(..count).unwrap_or_default()
        } else {
            many.reserve_exact(2 + bufs.len() + behind.piece_count());
            many.extend(offered.map(IoSlice::new));
            count = many.len();
            many.as_slice()
        };
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, slices))?;
        if written == 0 && count > 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        let waited = written.min(self.waiting.len());
        self.waiting.drain(..waited);
        Poll::Ready(Ok(written - waited))
    }

    fn poll_write(
        &mut self,
        bufs: &[IoSlice<'_>],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Err(error));
        }
        self.is_used = true;
        let lent = self.ahead.following().take();
        let len = bufs.iter().map(|buf| buf.len()).sum();
        if let Some(taken) = self.ahead.pass_over(len) {
            return Poll::Ready(Ok(taken));
        }
        if is_gathered(len) {
            if self.waiting.len() + len > GATHERED_LEN_MAX {
                ready!(self.poll_clear(cx))?;
            }
            bufs.iter().for_each(|buf| self.waiting.extend(&**buf));
            self.ahead.gathered(bufs);
            return Poll::Ready(Ok(len));
        }
        let behind = self.ahead.behind(bufs, lent);
        loop {
            let written = ready!(self.poll_socket(bufs, &behind, cx))?;
            if written > 0 {
                return Poll::Ready(Ok(self.ahead.wrote(bufs, &behind, written)));
            }
        }
    }
}

/// Whether a write of so many bytes is short, or a frame to a peer that takes no longer ones.
fn is_gathered(len: usize) -> bool {
    len <= SHORT_LEN_MAX
        || (DEFAULT_FRAME_LEN..=DEFAULT_FRAME_LEN + BEFORE_FRAME_LEN_MAX).contains(&len)
}

impl<T: AsyncRead + Unpin> AsyncRead for Gathered<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner().socket).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gathered<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write(&[IoSlice::new(buf)], cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write(bufs, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner().socket.is_write_vectored()
    }

    /// Leaves what waits to [`Rest`]: h2 flushes after every frame.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.inner();
        if inner.waiting.is_empty() {
            return Pin::new(&mut inner.socket).poll_flush(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.inner();
        ready!(inner.poll_clear(cx))?;
        Pin::new(&mut inner.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
