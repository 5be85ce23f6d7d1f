//! Small messages that are ready together leave as one.
//!
//! Every item of a body costs the stack below a round of its locks, a DATA frame and a system
//! call, which for a small message is many times what its bytes cost. So messages are gathered
//! for as long as the next one is there already; nothing ever waits for another.

use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use wingbeat_wire::Segments;

use crate::status::Status;

/// A message of this many bytes travels alone: in a frame of its own, which its receiver may use
/// as it lies, and at a cost that its bytes outweigh.
const ALONE_LEN_MIN: usize = 64 << 10;

/// Once so many bytes are gathered they leave, and the stream is asked again when there is room.
const GATHERED_LEN_MAX: usize = 256 << 10;

/// Pieces shorter than this are copied behind one another when they are neighbours: a vectored
/// write takes 16 pieces at a time.
const COPIED_LEN_MAX: usize = 4 << 10;

type Item = Option<Result<Segments, Status>>;

/// What was taken from a stream of messages, and has not been handed on yet.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// What follows the messages that were handed on last.
    held: Option<Item>,
}

impl Gather {
    /// The next messages of the stream behind `next`, which is not polled again after its end or
    /// an error.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut(&mut Context<'_>) -> Poll<Item>,
    ) -> Poll<Item> {
        let first = match self.held.take() {
            Some(held) => held,
            None => ready!(next(cx)),
        };
        let first = match first {
            Some(Ok(message)) if message.len() < ALONE_LEN_MIN => message,
            alone => return Poll::Ready(alone),
        };
        let Some(second) = self.following(cx, &mut next) else {
            // Handed on as it is.
            return Poll::Ready(Some(Ok(first)));
        };
        let mut gathered = Gathered::default();
        gathered.append(first);
        gathered.append(second);
        while gathered.len < GATHERED_LEN_MAX
            && let Some(message) = self.following(cx, &mut next)
        {
            gathered.append(message);
        }
        Poll::Ready(Some(Ok(gathered.finish())))
    }

    /// The next message, if it is there and small. What else is there is held.
    fn following(
        &mut self,
        cx: &mut Context<'_>,
        next: &mut impl FnMut(&mut Context<'_>) -> Poll<Item>,
    ) -> Option<Segments> {
        match next(cx) {
            Poll::Pending => None,
            Poll::Ready(Some(Ok(message))) if message.len() < ALONE_LEN_MIN => Some(message),
            Poll::Ready(item) => {
                self.held = Some(item);
                None
            }
        }
    }
}

/// Messages behind one another.
#[derive(Default)]
struct Gathered {
    segments: Segments,
    /// How many bytes there are, those that are not segments yet included.
    len: usize,
    /// A short piece that has no short neighbour yet.
    single: Option<Bytes>,
    /// Short pieces that were neighbours.
    joined: BytesMut,
}

impl Gathered {
    fn append(&mut self, mut message: Segments) {
        self.len += message.len();
        while let Some(piece) = message.pop_front() {
            if piece.len() >= COPIED_LEN_MAX {
                self.close();
                self.segments.push(piece);
            } else if let Some(single) = self.single.take() {
                self.joined.extend_from_slice(&single);
                self.joined.extend_from_slice(&piece);
            } else if self.joined.is_empty() {
                self.single = Some(piece);
            } else {
                self.joined.extend_from_slice(&piece);
            }
        }
    }

    /// Makes a segment of the short pieces.
    fn close(&mut self) {
        if let Some(single) = self.single.take() {
            self.segments.push(single);
        } else if !self.joined.is_empty() {
            self.segments.push(self.joined.split().freeze());
        }
    }

    fn finish(mut self) -> Segments {
        self.close();
        self.segments
    }
}

#[cfg(test)]
mod tests;
