//! What all calls have in common: deadline, panics, cancellation, tracing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::time::{Sleep, sleep_until};
use tracing::Span;
use wingbeat_net::Status;
use wingbeat_wire::Segments;

use super::Answer;
use crate::context::CallGuard;
use crate::{CallContext, Error};

/// The answer to a call. Ends it at its deadline, turns a panic into INTERNAL, logs what callers
/// are not told, and tells the [`CallContext`] how it ended; dropped before its end, it cancels.
pub(super) struct CallStream {
    /// `None` once the call is over, which frees what the handler held.
    answer: Option<Answer>,
    deadline: Option<Pin<Box<Sleep>>>,
    guard: Option<CallGuard>,
    cx: CallContext,
    span: Span,
}

impl CallStream {
    pub(super) fn new(answer: Answer, cx: &CallContext, span: Span) -> Self {
        let deadline = cx.deadline().map(|at| Box::pin(sleep_until(at.into())));
        Self { answer: Some(answer), deadline, guard: Some(cx.guard()), cx: cx.clone(), span }
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Segments, Error>>> {
        let Some(answer) = &mut self.answer else { return Poll::Ready(None) };
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(self.given_up(Error::call_overdue()))));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll_next(cx)));
        match polled {
            Ok(poll) => poll,
            Err(panic) => {
                tracing::error!(panic = panic_text(&*panic), "a handler panicked");
                Poll::Ready(Some(Err(
                    self.given_up(Error::internal("the handler of the call panicked"))
                )))
            }
        }
    }

    /// Drops the handler, as one whose caller is gone.
    fn given_up(&mut self, error: Error) -> Error {
        self.guard = None;
        self.answer = None;
        error
    }

    /// The call is over by itself.
    fn finish(&mut self, outcome: Result<(), Error>) {
        self.cx.set_outcome(outcome);
        if let Some(mut guard) = self.guard.take() {
            guard.finish();
        }
        self.answer = None;
    }
}

impl Drop for CallStream {
    /// The handler goes first, as whoever is told that a call is over counts on that.
    fn drop(&mut self) {
        self.answer = None;
        self.guard = None;
        self.cx.complete();
    }
}

impl Stream for CallStream {
    type Item = Result<Segments, Status>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Segments, Status>>> {
        let this = &mut *self;
        let span = this.span.clone();
        let _entered = span.enter();
        match ready!(this.poll_answer(cx)) {
            Some(Ok(message)) => Poll::Ready(Some(Ok(message))),
            Some(Err(error)) => {
                this.finish(Err(error.clone()));
                if error.is_hidden() {
                    tracing::error!(?error, "the call failed");
                } else {
                    tracing::debug!(?error, "the call ended with an error");
                }
                Poll::Ready(Some(Err(error.to_status())))
            }
            None => {
                this.finish(Ok(()));
                Poll::Ready(None)
            }
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text")
}
