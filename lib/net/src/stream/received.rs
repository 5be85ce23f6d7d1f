//! A body as it arrives.

use std::task::{Context, Poll, ready};

use h2::RecvStream;
use http_body::Frame;
use wingbeat_wire::Segments;

/// What the peer sends. Room for more is announced as the pieces are taken, so what is not read is
/// not sent.
pub(crate) struct Received {
    stream: RecvStream,
    data_done: bool,
}

impl Received {
    pub(crate) fn new(stream: RecvStream) -> Self {
        Self { stream, data_done: false }
    }

    /// Whether nothing will come.
    pub(crate) fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    /// Data, then trailers, then `None`.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, h2::Error>>> {
        while !self.data_done {
            match ready!(self.stream.poll_data(cx)) {
                Some(Ok(data)) => {
                    // It fails only for more than was received.
                    let _ = self.stream.flow_control().release_capacity(data.len());
                    if !data.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(Segments::from(data)))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.data_done = true,
            }
        }
        let trailers = ready!(self.stream.poll_trailers(cx));
        Poll::Ready(trailers.map(|trailers| trailers.map(Frame::trailers)).transpose())
    }
}
