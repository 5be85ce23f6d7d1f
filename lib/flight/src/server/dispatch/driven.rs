//! A handler that answers while it runs.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::{Fuse, FusedFuture as _, FutureExt as _};
use tokio::sync::mpsc;
use wingbeat_wire::Segments;

use crate::Result;
use crate::stream::{EncodeStream, Source};

/// What a handler has sent and the client has not got yet.
pub(super) trait Output: Stream<Item = Result<Segments>> + Unpin {
    /// Takes no more; what is there still comes out.
    fn close(&mut self);
}

/// A handler and its output as one stream. What was sent comes out before the handler's error, and
/// the end of the handler is the end of the stream.
pub(super) struct Driven<O> {
    handler: Fuse<Pin<Box<dyn Future<Output = Result<()>> + Send>>>,
    output: O,
    output_done: bool,
    outcome: Result<()>,
}

impl<O: Output> Driven<O> {
    pub(super) fn new(
        handler: impl Future<Output = Result<()>> + Send + 'static,
        output: O,
    ) -> Self {
        let handler: Pin<Box<dyn Future<Output = Result<()>> + Send>> = Box::pin(handler);
        Self { handler: handler.fuse(), output, output_done: false, outcome: Ok(()) }
    }
}

impl<O: Output> Stream for Driven<O> {
    type Item = Result<Segments>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Segments>>> {
        let this = &mut *self;
        let mut handler_waits = false;
        loop {
            if !this.output_done {
                match Pin::new(&mut this.output).poll_next(cx) {
                    Poll::Ready(Some(item)) => return Poll::Ready(Some(item)),
                    Poll::Ready(None) => this.output_done = true,
                    Poll::Pending => {}
                }
            }
            if this.handler.is_terminated() {
                if !this.output_done {
                    return Poll::Pending;
                }
                return Poll::Ready(match std::mem::replace(&mut this.outcome, Ok(())) {
                    Ok(()) => None,
                    Err(error) => Some(Err(error)),
                });
            }
            if handler_waits {
                return Poll::Pending;
            }
            match Pin::new(&mut this.handler).poll(cx) {
                Poll::Ready(outcome) => {
                    this.outcome = outcome;
                    this.output.close();
                }
                // It may have sent something just now. Seen at once, small messages that follow one
                // another are there together.
                Poll::Pending => handler_waits = true,
            }
        }
    }
}

/// Small messages on their way out.
pub(super) struct Queue<M> {
    messages: mpsc::Receiver<M>,
    frame: fn(M) -> Segments,
}

impl<M> Queue<M> {
    pub(super) fn new(messages: mpsc::Receiver<M>, frame: fn(M) -> Segments) -> Self {
        Self { messages, frame }
    }
}

impl<M> Stream for Queue<M> {
    type Item = Result<Segments>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Segments>>> {
        let frame = self.frame;
        self.messages.poll_recv(cx).map(|message| message.map(|message| Ok(frame(message))))
    }
}

impl<M> Output for Queue<M> {
    fn close(&mut self) {
        self.messages.close();
    }
}

impl Output for EncodeStream {
    fn close(&mut self) {
        if let Source::Exchange(outgoing) = self.source_mut() {
            outgoing.close();
        }
    }
}
