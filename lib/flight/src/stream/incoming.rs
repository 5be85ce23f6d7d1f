//! Messages that arrive, with a look at the trailers behind them.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use wingbeat_net::Messages;
use wingbeat_wire::Deframe;

use crate::client::CallHooks;
use crate::{Error, Result};

/// One direction of a call, read as messages.
pub(crate) struct Incoming<D: Deframe> {
    messages: Messages<D>,
    /// Of a client's call, until it is over.
    hooks: Option<CallHooks>,
}

impl<D: Deframe> Incoming<D> {
    pub(crate) fn new(messages: Messages<D>) -> Self {
        Self { messages, hooks: None }
    }

    /// The answer to a client's call, whose end its hooks are told.
    pub(crate) fn of_call(messages: Messages<D>, hooks: CallHooks) -> Self {
        Self { messages, hooks: Some(hooks) }
    }

    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<D::Message>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<D::Message>>> {
        let result = ready!(self.messages.poll_next(cx)).map_err(Error::from_status);
        if !matches!(result, Ok(Some(_)))
            && let Some(mut hooks) = self.hooks.take()
        {
            if let Some(trailers) = self.messages.trailers() {
                hooks.received_trailers(trailers);
            }
            hooks.complete(result.as_ref().map(|_| ()));
        }
        Poll::Ready(result)
    }
}

impl<D: Deframe> fmt::Debug for Incoming<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}
