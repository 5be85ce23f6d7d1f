//! Puts long DATA frames where the messages in them can be used.
//!
//! h2 reads a connection into memory of its own and hands out parts of that. Where in it a frame
//! begins depends on the frames before it (an update of a window has 13 bytes), and an array's
//! buffers have to begin at certain addresses. Our peers place a message so that it suits a frame
//! which itself begins at a multiple of 16. So before a long frame that does not, a frame of a type
//! that nobody knows, and that has to be ignored (RFC 9113, 4.1), is put between: what is moved is
//! as much of the frame as came with its header, which is a fraction of it. One that came with
//! others behind it stays where it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::frames::{FrameFollower, HEADER_LEN};
use crate::socket::forward_writes;

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
    /// Where what was handed out ends.
    frames: FrameFollower,
}

impl<T> Aligned<T> {
    /// Reads what a client sends.
    pub(crate) fn from_client(socket: T) -> Self {
        Self { socket, held: Vec::new(), frames: FrameFollower::preface_and_frames() }
    }

    /// Reads what a server sends.
    pub(crate) fn from_server(socket: T) -> Self {
        Self { socket, held: Vec::new(), frames: FrameFollower::frames() }
    }

    /// Whether there is nothing to hand out before more comes.
    fn waits(&self) -> bool {
        let is_between = self.frames.missing() == 0;
        self.held.is_empty() || (is_between && self.held.len() < HEADER_LEN)
    }

    /// Hands out as much of what is held as there is room for.
    fn pass(&mut self, buf: &mut ReadBuf<'_>) {
        let len = self.held.len().min(buf.remaining());
        let passed: Vec<u8> = self.held.drain(..len).collect();
        buf.put_slice(&passed);
        self.frames.push(&passed);
    }

    /// Goes through what was read from `at` on. Moves long frames, and holds the beginning of a
    /// header back.
    fn arrange(&mut self, buf: &mut ReadBuf<'_>, mut at: usize) {
        loop {
            let rest = buf.filled().get(at..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            let missing = self.frames.missing();
            if missing > 0 {
                let under_way = rest.get(..missing).unwrap_or(rest);
                self.frames.push(under_way);
                at += under_way.len();
                continue;
            }
            let Some(header) = rest.first_chunk::<HEADER_LEN>() else {
                self.held.splice(..0, rest.iter().copied());
                buf.set_filled(at);
                return;
            };
            self.frames.push(header);
            let len = self.frames.missing();
            // Others behind it would be moved with it, once for each.
            let is_last = rest.len() <= HEADER_LEN + len;
            if header[3] == DATA && len >= LONG_LEN_MIN && is_last {
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

forward_writes!(Aligned);

#[cfg(test)]
mod tests;
