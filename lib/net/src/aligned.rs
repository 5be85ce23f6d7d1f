//! Puts long DATA frames where the messages in them can be used.
//!
//! h2 reads a connection into memory of its own and hands out parts of that. Where in it a frame
//! begins depends on the frames before it (an update of a window has 13 bytes), and an array's
//! buffers have to begin at certain addresses. Our peers place a message so that it suits a frame
//! which itself begins at a multiple of 16. So before a long frame that does not, a frame of a type
//! that nobody knows, and that has to be ignored (RFC 9113, 4.1), is put between: what is moved is
//! as much of the frame as came with its header, which is a fraction of it. One that came with
//! others behind it stays where it is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The header of a frame (RFC 9113, 4.1): its length, its type, and six bytes more.
const HEADER_LEN: usize = 9;
/// What a client sends before its first frame.
const PREFACE_LEN: usize = 24;
const DATA: u8 = 0;
/// A type that no specification gives a meaning.
const NOTHING: u8 = 0xfb;
/// What begins at a multiple of this.
const ALIGNMENT: usize = 16;
/// Shorter frames are those of short messages, or of many that were gathered, which are not used
/// where they lie.
const LONG_LEN_MIN: usize = 256 << 10;

/// A socket whose long DATA frames are read to suitable addresses.
pub(crate) struct Aligned<T> {
    socket: T,
    /// What was read and not looked at: the beginning of a header whose rest has not come, and what
    /// a shift left no room for. A few bytes.
    held: Vec<u8>,
    /// A header that was handed out in part, for want of room to wait for its rest.
    header: [u8; HEADER_LEN],
    header_len: usize,
    /// How many bytes the present frame still has.
    missing: usize,
}

impl<T> Aligned<T> {
    /// Reads what a client sends.
    pub(crate) fn from_client(socket: T) -> Self {
        Self { missing: PREFACE_LEN, ..Self::from_server(socket) }
    }

    /// Reads what a server sends.
    pub(crate) fn from_server(socket: T) -> Self {
        let header = [0; HEADER_LEN];
        Self { socket, held: Vec::new(), header, header_len: 0, missing: 0 }
    }

    /// Whether there is nothing to hand out before more comes.
    fn waits(&self) -> bool {
        let is_between = self.missing == 0 && self.header_len == 0;
        self.held.is_empty() || (is_between && self.held.len() < HEADER_LEN)
    }

    /// Hands out as much of what is held as there is room for.
    fn pass(&mut self, buf: &mut ReadBuf<'_>) {
        let len = self.held.len().min(buf.remaining());
        let passed: Vec<u8> = self.held.drain(..len).collect();
        buf.put_slice(&passed);
        let mut rest = passed.as_slice();
        while !rest.is_empty() {
            rest = rest.get(self.follow(rest)..).unwrap_or_default();
        }
    }

    /// Follows the frames through bytes that are handed out as they are, to the end of the present
    /// frame or header at most; says how far that is.
    fn follow(&mut self, bytes: &[u8]) -> usize {
        if self.missing > 0 {
            let skipped = self.missing.min(bytes.len());
            self.missing -= skipped;
            return skipped;
        }
        let slots = self.header.iter_mut().skip(self.header_len);
        let mut taken = 0;
        for (slot, byte) in slots.zip(bytes) {
            *slot = *byte;
            taken += 1;
        }
        self.header_len += taken;
        if self.header_len == HEADER_LEN {
            self.missing = payload_len(&self.header);
            self.header_len = 0;
        }
        taken
    }

    /// Goes through what was read from `at` on. Moves long frames, and holds the beginning of a
    /// header back.
    fn arrange(&mut self, buf: &mut ReadBuf<'_>, mut at: usize) {
        loop {
            let rest = buf.filled().get(at..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            if self.missing > 0 || self.header_len > 0 {
                at += self.follow(rest);
                continue;
            }
            let Some(header) = rest.first_chunk::<HEADER_LEN>() else {
                self.held.splice(..0, rest.iter().copied());
                buf.set_filled(at);
                return;
            };
            self.missing = payload_len(header);
            // Others behind it would be moved with it, once for each.
            let is_last = rest.len() <= HEADER_LEN + self.missing;
            if header[3] == DATA && self.missing >= LONG_LEN_MIN && is_last {
                at += self.shift(buf, at);
            }
            at += HEADER_LEN;
        }
    }

    /// Puts a frame that means nothing before the one at `at`, if that one does not lie well; says
    /// how long it is. What there is no room for then is held.
    fn shift(&mut self, buf: &mut ReadBuf<'_>, at: usize) -> usize {
        let frame = buf.filled().get(at..).unwrap_or_default();
        let (address, end) = (frame.as_ptr().addr(), buf.filled().len());
        if address.is_multiple_of(ALIGNMENT) {
            return 0;
        }
        let after = address + HEADER_LEN;
        let padding = after.next_multiple_of(ALIGNMENT) - after;
        let mut nothing = [0; HEADER_LEN + ALIGNMENT];
        // Shorter than the alignment, and so than a byte can say.
        (nothing[2], nothing[3]) = (padding as u8, NOTHING);
        let nothing = nothing.get(..HEADER_LEN + padding).unwrap_or_default();
        let kept = end.min((end + buf.remaining()).saturating_sub(nothing.len()));
        if kept < at + HEADER_LEN {
            // So little of it came that its header would not be handed out.
            return 0;
        }
        let over = buf.filled().get(kept..).unwrap_or_default();
        self.held.splice(..0, over.iter().copied());
        buf.set_filled(kept);
        buf.put_slice(nothing);
        buf.filled_mut().get_mut(at..).unwrap_or_default().rotate_right(nothing.len());
        nothing.len()
    }
}

fn payload_len(header: &[u8; HEADER_LEN]) -> usize {
    let [a, b, c, ..] = *header;
    u32::from_be_bytes([0, a, b, c]) as usize
}

impl<T: AsyncRead + Unpin> AsyncRead for Aligned<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = buf.filled().len();
        loop {
            let held = this.held.len();
            if held > 0 && buf.remaining() <= held {
                this.pass(buf);
                return Poll::Ready(Ok(()));
            }
            buf.put_slice(&this.held);
            let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
            let waits = polled.is_pending() && this.waits();
            if waits || matches!(polled, Poll::Ready(Err(_))) {
                // What is held stays so.
                buf.set_filled(start);
                return polled;
            }
            this.held.clear();
            if polled.is_ready() && buf.filled().len() == start + held {
                // The end. What was held comes before it.
                return polled;
            }
            this.arrange(buf, start);
            if buf.filled().len() > start {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Aligned<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, bufs)
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

#[cfg(test)]
mod tests;
