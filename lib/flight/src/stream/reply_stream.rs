//! [`ReplyStream`]: the answers of a call that may give many.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::Result;

/// Any number of answers, made as they are asked for. A service returns one, a client gets one.
///
/// Dropping it cancels the call behind it.
pub struct ReplyStream<T> {
    items: Pin<Box<dyn Stream<Item = Result<T>> + Send>>,
}

impl<T: Send + 'static> ReplyStream<T> {
    /// No answers.
    pub fn empty() -> Self {
        Self::from_iter([])
    }

    /// One answer.
    pub fn once(item: T) -> Self {
        Self::from_iter([item])
    }

    /// The answers of an iterator. It is run on the I/O threads, as answers are asked for.
    #[expect(clippy::should_implement_trait, reason = "the trait cannot demand Send and 'static")]
    pub fn from_iter<I>(items: I) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
    {
        Self::from_stream(stream::iter(items.into_iter().map(Ok)))
    }

    /// The answers of a stream. An error ends the call.
    pub fn from_stream(items: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Self { items: Box::pin(items) }
    }

    /// The next answer; `None` at the end.
    ///
    /// # Errors
    /// The error that the call ended with.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<T>> {
        self.items.next().await.transpose()
    }

    /// All answers that are left.
    ///
    /// # Errors
    /// The error that the call ended with.
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

impl<T> Stream for ReplyStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.items.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for ReplyStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream").finish_non_exhaustive()
    }
}
