//! Bodies made of a stream of framed messages: a server's answer and a client's upload.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use pin_project_lite::pin_project;
use wingbeat_wire::Segments;
use wingbeat_wire::grpc::Code;

use super::BoxError;
use super::gather::Gather;
use crate::status::{GRPC_STATUS, Status};

/// How often in a row messages are handed out before the task is given back once. A stream that is
/// always ready, on a connection that is always writable, would keep its thread otherwise.
const TURN_POLLS_MAX: u32 = 32;

pin_project! {
    /// Messages, then trailers with the status.
    pub(super) struct ResponseBody<S, F> {
        #[pin]
        stream: S,
        gather: Gather,
        // None once the trailers are out.
        trailers: Option<F>,
        turn: u32,
    }
}

impl<S, F> ResponseBody<S, F> {
    pub(super) fn new(stream: S, trailers: F) -> Self {
        Self { stream, gather: Gather::default(), trailers: Some(trailers), turn: 0 }
    }
}

impl<S, F> http_body::Body for ResponseBody<S, F>
where
    S: Stream<Item = Result<Segments, Status>>,
    F: FnOnce() -> HeaderMap,
{
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let mut this = self.project();
        if this.trailers.is_none() {
            return Poll::Ready(None);
        }
        ready!(poll_turn(this.turn, cx));
        let mut next = |cx: &mut Context<'_>| {
            let poll = AssertUnwindSafe(|| this.stream.as_mut().poll_next(cx));
            catch_unwind(poll).unwrap_or_else(|panic| Poll::Ready(Some(Err(panicked(&*panic)))))
        };
        let item = loop {
            match this.gather.poll(cx, &mut next) {
                Poll::Ready(Some(Ok(data))) if data.is_empty() => {}
                Poll::Ready(item) => break item,
                Poll::Pending => {
                    *this.turn = 0;
                    return Poll::Pending;
                }
            }
        };
        if let Some(Ok(data)) = item {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let mut trailers = this.trailers.take().map_or_else(HeaderMap::new, |make| make());
        match item {
            Some(Err(status)) => trailers.extend(status.to_trailers()),
            _ => {
                trailers.insert(GRPC_STATUS, HeaderValue::from(Code::Ok.to_i32()));
            }
        }
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.trailers.is_none()
    }
}

pin_project! {
    /// Messages; an error item is the body's error.
    pub(super) struct RequestBody<S> {
        #[pin]
        stream: S,
        gather: Gather,
        done: bool,
        turn: u32,
    }
}

impl<S> RequestBody<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, gather: Gather::default(), done: false, turn: 0 }
    }
}

impl<S: Stream<Item = Result<Segments, Status>>> http_body::Body for RequestBody<S> {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        let mut this = self.project();
        if *this.done {
            return Poll::Ready(None);
        }
        ready!(poll_turn(this.turn, cx));
        loop {
            let Poll::Ready(item) = this.gather.poll(cx, |cx| this.stream.as_mut().poll_next(cx))
            else {
                *this.turn = 0;
                return Poll::Pending;
            };
            match item {
                Some(Ok(data)) if data.is_empty() => {}
                Some(Ok(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Some(Err(status)) => {
                    *this.done = true;
                    return Poll::Ready(Some(Err(status.into())));
                }
                None => {
                    *this.done = true;
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }
}

/// What a handler or stream that panicked answers. The text is logged and not sent.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Status {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text");
    tracing::error!(panic = text, "the handler of a call panicked");
    Status::new(Code::Internal, "the handler of the call panicked")
}

/// Pending once every [`TURN_POLLS_MAX`] calls, with the task woken to go on.
fn poll_turn(turn: &mut u32, cx: &mut Context<'_>) -> Poll<()> {
    if *turn >= TURN_POLLS_MAX {
        *turn = 0;
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    *turn += 1;
    Poll::Ready(())
}
