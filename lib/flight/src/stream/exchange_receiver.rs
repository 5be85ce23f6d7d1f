//! [`ExchangeReceiver`]: the reading direction of an exchange.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use wingbeat_wire::data::FlightStreamChunk;

use super::{CallEnd, DataReader};
use crate::{Error, Result};

/// Reads what the other end of an exchange sends, as it arrives; a reader that stops stops the
/// sender. On a client, dropping it before the end cancels the call.
pub struct ExchangeReceiver {
    state: State,
    /// On a client, tells the sender how the call ended, and the other way round.
    end: Option<Arc<CallEnd>>,
}

pub(crate) type Opening = Pin<Box<dyn Future<Output = Result<DataReader>> + Send>>;

enum State {
    /// The server has not answered yet.
    Opening(Opening),
    Open(Box<DataReader>),
    Failed(Error),
}

impl ExchangeReceiver {
    /// On a server.
    pub(crate) fn open(reader: DataReader) -> Self {
        Self { state: State::Open(Box::new(reader)), end: None }
    }

    /// On a client.
    pub(crate) fn opening(opening: Opening, end: Arc<CallEnd>) -> Self {
        Self { state: State::Opening(opening), end: Some(end) }
    }

    /// The schema; `None` when the other side ends without one. Metadata that comes before it is
    /// kept for [`next`](Self::next).
    ///
    /// # Errors
    /// The error that the exchange ends with.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn schema(&mut self) -> Result<Option<SchemaRef>> {
        poll_fn(|cx| {
            let poll = ready!(self.poll_reader(cx)).and_then_poll(|reader| reader.poll_schema(cx));
            self.note(poll)
        })
        .await
    }

    /// The next chunk; `None` when the other side has finished.
    ///
    /// # Errors
    /// When the exchange broke off or makes no sense. Every later call gives the same.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<FlightStreamChunk>> {
        poll_fn(|cx| {
            let poll = ready!(self.poll_reader(cx)).and_then_poll(|reader| reader.poll_chunk(cx));
            self.note(poll)
        })
        .await
    }

    /// The next batch; `None` when the other side has finished. Metadata is passed over.
    ///
    /// # Errors
    /// See [`next`](Self::next).
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(chunk) = self.next().await? {
            if chunk.data.is_some() {
                return Ok(chunk.data);
            }
        }
        Ok(None)
    }

    fn poll_reader(&mut self, cx: &mut Context<'_>) -> Poll<Result<&mut DataReader>> {
        if let State::Opening(opening) = &mut self.state {
            self.state = match ready!(opening.as_mut().poll(cx)) {
                Ok(reader) => State::Open(Box::new(reader)),
                Err(error) => State::Failed(error),
            };
        }
        Poll::Ready(match &mut self.state {
            State::Open(reader) => Ok(reader),
            State::Failed(error) => Err(error.clone()),
            State::Opening(_) => Err(Error::internal("an exchange opened twice")),
        })
    }

    /// Notes the end of the call for the sender. An error that the sender made is told as it was.
    fn note<T>(&self, poll: Poll<Result<Option<T>>>) -> Poll<Result<Option<T>>> {
        let Some(end) = &self.end else { return poll };
        match poll {
            Poll::Ready(Ok(None)) => {
                end.reason.set(Error::cancelled("the server has ended the exchange"));
                Poll::Ready(Ok(None))
            }
            Poll::Ready(Err(error)) => {
                let error = end.source_error().unwrap_or(error);
                end.reason.set(error.clone());
                Poll::Ready(Err(error))
            }
            other => other,
        }
    }
}

/// `and_then` for a reader that may be missing and a step that may be pending.
trait AndThenPoll<R> {
    fn and_then_poll<T>(self, step: impl FnOnce(R) -> Poll<Result<T>>) -> Poll<Result<T>>;
}

impl<R> AndThenPoll<R> for Result<R> {
    fn and_then_poll<T>(self, step: impl FnOnce(R) -> Poll<Result<T>>) -> Poll<Result<T>> {
        match self {
            Ok(reader) => step(reader),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl fmt::Debug for ExchangeReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeReceiver").finish_non_exhaustive()
    }
}
