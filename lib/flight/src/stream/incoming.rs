//! Messages that arrive, with a look at the trailers behind them.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use wingbeat_net::Messages;
use wingbeat_wire::Deframe;

use crate::{Error, Result};

type OnEnd = Box<dyn FnOnce(&HeaderMap) + Send + Sync>;

/// One direction of a call, read as messages.
pub(crate) struct Incoming<D: Deframe> {
    messages: Messages<D>,
    on_end: Option<OnEnd>,
}

impl<D: Deframe> Incoming<D> {
    pub(crate) fn new(messages: Messages<D>) -> Self {
        Self { messages, on_end: None }
    }

    /// Calls `on_end` with the trailers when they are there.
    pub(crate) fn on_end(
        mut self,
        on_end: impl FnOnce(&HeaderMap) + Send + Sync + 'static,
    ) -> Self {
        self.on_end = Some(Box::new(on_end));
        self
    }

    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<D::Message>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<D::Message>>> {
        let result = ready!(self.messages.poll_next(cx));
        if !matches!(result, Ok(Some(_)))
            && let Some(on_end) = self.on_end.take()
            && let Some(trailers) = self.messages.trailers()
        {
            on_end(trailers);
        }
        Poll::Ready(result.map_err(Error::from_status))
    }
}

impl<D: Deframe> fmt::Debug for Incoming<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}
