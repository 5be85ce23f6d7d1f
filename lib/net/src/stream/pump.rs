//! Sends a body: as fast as the peer takes it, and in as few frames as help its receiver.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use h2::SendStream;
use http::HeaderMap;
use http_body::Body as _;
use tokio::time::Sleep;
use wingbeat_wire::Segments;

use super::shared::ConnectionShared;
use super::tail::Tail;
use super::traffic::Sender;
use super::window::{Window, poll_wider};
use crate::body::{Body, BoxError};
use crate::following::Following;
use crate::stall::{Ledger, Sent};

/// A message of fewer bytes is not used where it arrives, so it may arrive in parts.
const WHOLE_LEN_MIN: usize = 64 << 10;

/// How much of a body may be on its way when its end is handed over. With the end, h2 has all that
/// can be said of the call, and nobody could end it for a peer that never takes the rest.
const TAIL_BYTES_MAX: u64 = 64 << 10;

/// A peer that opens no window for so long has stopped reading for now, and the other calls of its
/// connection need not make way for this one.
const PAUSE: Duration = Duration::from_millis(100);

/// Moves a body into its HTTP/2 stream.
///
/// Besides the stream's window, one message waits here and up to `buffer_bytes` in h2.
pub(crate) struct Pump {
    body: Body,
    stream: SendStream<Sent>,
    /// A message that waits for room.
    waiting: Option<Sent>,
    /// The body's end, once it was read: the trailers, if it has some.
    end: Option<Option<HeaderMap>>,
    /// What the peer has not taken yet.
    ledger: Arc<Ledger>,
    buffer_bytes: u64,
    /// Where its pieces are lent to the socket.
    following: Arc<Following>,
    sender: Sender,
    window: Window,
    /// Whether the peer's window has room for all that h2 has, so that its socket is all that could
    /// hold it up.
    is_assured: bool,
    /// When the peer counts as not reading for now.
    pause: Option<Pin<Box<Sleep>>>,
}

/// Why a body was not sent to its end.
#[derive(Debug)]
pub(crate) enum PumpError {
    /// The body itself failed.
    Source(BoxError),
    /// The peer reset the call, or the connection is over.
    Stream(h2::Error),
}

impl From<h2::Error> for PumpError {
    fn from(error: h2::Error) -> Self {
        Self::Stream(error)
    }
}

impl Pump {
    pub(crate) fn new(
        body: Body,
        stream: SendStream<Sent>,
        ledger: Arc<Ledger>,
        buffer_bytes: usize,
        shared: ConnectionShared,
    ) -> Self {
        let buffer_bytes = buffer_bytes as u64;
        let ConnectionShared { traffic, following } = shared;
        let sender = Sender::new(traffic);
        Self {
            body,
            stream,
            waiting: None,
            end: None,
            ledger,
            buffer_bytes,
            following,
            sender,
            window: Window::default(),
            is_assured: true,
            pause: None,
        }
    }

    /// The stream, to reset it.
    pub(crate) fn stream(&mut self) -> &mut SendStream<Sent> {
        &mut self.stream
    }

    /// Sends the body. Ready once the transport has the whole of it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PumpError>> {
        loop {
            // Also registers for a reset, by which the peer says that it wants no more.
            if let Poll::Ready(reason) = self.stream.poll_reset(cx)? {
                return Poll::Ready(Err(PumpError::Stream(reason.into())));
            }
            while self.waiting.is_some() {
                ready!(self.poll_hand_over(cx))?;
            }
            if self.end.is_some() {
                ready!(self.ledger.poll_below(TAIL_BYTES_MAX, cx));
                return Poll::Ready(self.finish().map_err(Into::into));
            }
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                self.sender.rest();
                return Poll::Pending;
            };
            match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.hold(data),
                    Err(frame) => self.end = Some(frame.into_trailers().ok()),
                },
                Some(Err(error)) => return Poll::Ready(Err(PumpError::Source(error))),
                None => self.end = Some(None),
            }
        }
    }

    /// Keeps data until there is room for it.
    fn hold(&mut self, data: Segments) {
        if data.is_empty() {
            return;
        }
        if data.len() >= WHOLE_LEN_MIN {
            self.sender.begin();
        }
        self.waiting = Some(Sent::new(data, &self.ledger, &self.following));
    }

    /// Hands the waiting message to h2, or as much of it as is this call's turn.
    fn poll_hand_over(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PumpError>> {
        let Some(len) = self.waiting.as_ref().map(Sent::len) else { return Poll::Ready(Ok(())) };
        if len >= WHOLE_LEN_MIN && self.sender.is_at_rest() {
            ready!(self.poll_resumed(cx))?;
        }
        let turn_len = self.sender.turn_len();
        let buffer_bytes = match turn_len {
            Some(turn) => self.buffer_bytes.min(2 * turn as u64),
            None => self.buffer_bytes,
        };
        ready!(self.ledger.poll_below(len as u64 + buffer_bytes - 1, cx));
        let is_long = len >= WHOLE_LEN_MIN;
        // A short message with nothing before it does not ask for window: a request's stream has
        // none before it is opened, and waiting for that costs a call as much as all else.
        if is_long || self.ledger.under_way() > len as u64 {
            let is_whole = is_long && turn_len.is_none();
            // A claim for no more than is this call's turn: claims are served in their order, and a
            // small call's stands behind those of all others.
            self.stream.reserve_capacity(turn_len.map_or(len, |turn| turn.min(len)));
            let room = self.window.poll(&mut self.stream, &self.ledger, len, is_whole, cx)?;
            if room.is_pending() {
                self.look_for_pause(len, cx);
                return Poll::Pending;
            }
            self.pause = None;
        } else {
            // Nobody waits for it; whether there is some decides how the call ends.
            self.stream.reserve_capacity(len);
        }
        let data = match (turn_len, &mut self.waiting) {
            (Some(turn), Some(waiting)) if turn < len => Some(waiting.split_to(turn)),
            (_, waiting) => waiting.take(),
        };
        if let Some(data) = data {
            self.is_assured = self.stream.capacity() >= data.len();
            self.stream.send_data(data, false)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Makes way for the other calls once the peer has opened no window for long, while it has
    /// taken all but the waiting message of `len` bytes.
    fn look_for_pause(&mut self, len: usize, cx: &mut Context<'_>) {
        if self.ledger.poll_below(len as u64, cx).is_pending() {
            self.pause = None;
            return;
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(PAUSE)));
        if !self.sender.is_at_rest() && pause.as_mut().poll(cx).is_ready() {
            self.sender.rest();
        }
    }

    /// Ready when a peer that had stopped reading reads again.
    fn poll_resumed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        if self.stream.capacity() == 0 {
            ready!(poll_wider(&mut self.stream, cx))?;
        }
        self.pause = None;
        self.sender.begin();
        Poll::Ready(Ok(()))
    }

    /// What is left to look after once [`poll`](Self::poll) has ended well: what the peer's window
    /// had no room for.
    pub(crate) fn into_tail(self) -> Option<Tail> {
        (!self.is_assured).then(|| Tail::new(self.stream, self.ledger))
    }

    fn finish(&mut self) -> Result<(), h2::Error> {
        match self.end.take().flatten() {
            Some(trailers) => self.stream.send_trailers(trailers),
            None => {
                let nothing = Sent::new(Segments::new(), &self.ledger, &self.following);
                self.stream.send_data(nothing, true)
            }
        }
    }
}

#[cfg(test)]
mod tests;
