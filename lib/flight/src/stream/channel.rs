//! A bounded channel whose reader knows a finished stream from a broken one, and whose writer
//! learns why the reader gave up.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc;

use super::reason::Reason;
use crate::{Error, Result};

/// A channel for `capacity` items, at least one.
pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = mpsc::channel(capacity.max(1));
    let shared = Arc::new(Shared { end: Mutex::new(End::Broken), why: OnceLock::new() });
    let sender = Sender { tx: Some(tx), shared: shared.clone() };
    (sender, Receiver { rx, shared, done: false })
}

#[derive(Debug)]
pub(crate) struct Shared {
    end: Mutex<End>,
    why: OnceLock<Why>,
}

/// How the writer left, once it has.
#[derive(Debug)]
enum End {
    /// Without a word.
    Broken,
    Failed(Error),
    Finished,
}

/// Why the reader left.
#[derive(Debug)]
enum Why {
    Known(Error),
    /// Will be known when the call is over.
    Later(Arc<Reason>),
}

impl Shared {
    /// Says why the reader is about to leave. The first reason stands.
    pub(crate) fn give_up(&self, error: Error) {
        let _ = self.why.set(Why::Known(error));
    }

    /// Says where it will stand why the reader is about to leave.
    pub(crate) fn give_up_later(&self, reason: Arc<Reason>) {
        let _ = self.why.set(Why::Later(reason));
    }

    async fn why(&self) -> Error {
        match self.why.get() {
            Some(Why::Known(error)) => error.clone(),
            Some(Why::Later(reason)) => reason.wait().await,
            None => Error::cancelled("the reader of the stream is gone"),
        }
    }

    fn set_end(&self, end: End) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

/// The writing end. Dropped without [`finish`](Self::finish), it leaves an error to the reader.
#[derive(Debug)]
pub(crate) struct Sender<T> {
    tx: Option<mpsc::Sender<T>>,
    shared: Arc<Shared>,
}

impl<T> Sender<T> {
    /// Waits for room and sends. The error says why the reader gave up.
    pub(crate) async fn send(&mut self, item: T) -> Result<()> {
        if let Some(tx) = &self.tx
            && tx.send(item).await.is_ok()
        {
            return Ok(());
        }
        Err(self.shared.why().await)
    }

    /// The same for an item that takes much memory: waits until there is nothing else.
    pub(crate) async fn send_alone(&mut self, item: T) -> Result<()> {
        if let Some(tx) = &self.tx
            && let Ok(mut permits) = tx.reserve_many(tx.max_capacity()).await
            && let Some(permit) = permits.next()
        {
            permit.send(item);
            return Ok(());
        }
        Err(self.shared.why().await)
    }

    /// Waits until the reader is gone, and says why it is.
    pub(crate) async fn closed(&self) -> Error {
        if let Some(tx) = &self.tx {
            tx.closed().await;
        }
        self.shared.why().await
    }

    /// Ends the stream well.
    pub(crate) fn finish(&mut self) {
        self.end(End::Finished);
    }

    /// Ends the stream with an error.
    pub(crate) fn fail(&mut self, error: Error) {
        self.end(End::Failed(error));
    }

    fn end(&mut self, end: End) {
        self.shared.set_end(end);
        self.tx = None;
    }
}

/// The reading end.
#[derive(Debug)]
pub(crate) struct Receiver<T> {
    rx: mpsc::Receiver<T>,
    shared: Arc<Shared>,
    done: bool,
}

impl<T> Receiver<T> {
    /// The next item; the writer's error; `None` once it has finished.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        if self.done {
            return Poll::Ready(None);
        }
        if let Some(item) = ready!(self.rx.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(item)));
        }
        self.done = true;
        let mut end = self.shared.end.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *end, End::Finished) {
            End::Finished => Poll::Ready(None),
            End::Failed(error) => Poll::Ready(Some(Err(error))),
            End::Broken => {
                let text = "the writer of the stream was dropped before it had finished";
                let error = Error::cancelled(text).with_origin(crate::Origin::Local);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    /// Takes no further items; those in the queue are still given out. The writer may be dropped
    /// from now on without leaving an error.
    pub(crate) fn close(&mut self) {
        self.shared.give_up(Error::cancelled("the call is over"));
        self.rx.close();
        let mut end = self.shared.end.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*end, End::Broken) {
            *end = End::Finished;
        }
    }

    /// Lets the writer be dropped at any time without leaving an error.
    pub(crate) fn forgive(&mut self) {
        self.shared.set_end(End::Finished);
    }

    /// Where it can be said why this reader will leave.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::Code;

    async fn next(rx: &mut Receiver<u8>) -> Option<Result<u8>> {
        poll_fn(|cx| rx.poll_next(cx)).await
    }

    #[tokio::test]
    async fn finished_and_broken_differ() {
        let (mut tx, mut rx) = channel(2);
        tx.send(1).await.unwrap();
        tx.finish();
        assert_eq!(next(&mut rx).await.unwrap().unwrap(), 1);
        assert!(next(&mut rx).await.is_none());

        let (tx, mut rx) = channel(2);
        drop(tx);
        assert_eq!(next(&mut rx).await.unwrap().unwrap_err().code(), Code::Cancelled);
        assert!(next(&mut rx).await.is_none());

        let (mut tx, mut rx) = channel(2);
        tx.fail(Error::data_loss("x"));
        assert_eq!(next(&mut rx).await.unwrap().unwrap_err().code(), Code::DataLoss);
    }

    #[tokio::test]
    async fn the_writer_learns_why() {
        let (mut tx, rx) = channel(1);
        rx.shared().give_up(Error::aborted("enough"));
        drop(rx);
        assert_eq!(tx.send(1).await.unwrap_err().code(), Code::Aborted);

        let (mut tx, rx) = channel(1);
        let reason = Arc::new(Reason::default());
        rx.shared().give_up_later(reason.clone());
        drop(rx);
        let (result, ()) = tokio::join!(tx.send(1), async { reason.set(Error::data_loss("late")) });
        assert_eq!(result.unwrap_err().code(), Code::DataLoss);
    }

    #[tokio::test]
    async fn an_item_alone_waits_for_an_empty_channel() {
        let (mut tx, mut rx) = channel(3);
        tx.send_alone(1).await.unwrap();
        tx.send(2).await.unwrap();
        {
            let mut waits = std::pin::pin!(tx.send_alone(3));
            let mut poll =
                || waits.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
            assert!(poll().is_pending());
            assert_eq!(next(&mut rx).await.unwrap().unwrap(), 1);
            assert!(poll().is_pending());
            assert_eq!(next(&mut rx).await.unwrap().unwrap(), 2);
            assert!(poll().is_ready());
        }
        drop(rx);
        assert!(tx.send_alone(4).await.is_err());
    }

    #[tokio::test]
    async fn close_drains() {
        let (mut tx, mut rx) = channel(4);
        tx.send(1).await.unwrap();
        rx.close();
        assert!(tx.send(2).await.is_err());
        drop(tx);
        assert_eq!(next(&mut rx).await.unwrap().unwrap(), 1);
        assert!(next(&mut rx).await.is_none());
    }
}
