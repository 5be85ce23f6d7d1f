//! [`Merged`]: several endpoints as one stream.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::queues::Queues;
use super::worker::work;
use crate::client::read::reading::Reading;
use crate::{FlightStreamChunk, Result};

/// The chunks of all endpoints of a read. Dropping it ends every call.
pub(in crate::client::read) struct Merged {
    queues: Arc<Queues>,
    /// Empty when it is over.
    workers: Vec<AbortOnDropHandle<()>>,
}

impl Merged {
    /// Starts to read: so many endpoints at once as there may be connections, each in a task of
    /// its own, so that they decode on several cores.
    pub(in crate::client::read) fn start(reading: &Arc<Reading>, is_ordered: bool) -> Self {
        let options = reading.options();
        let queues = Queues::new(reading.len(), is_ordered, options.bytes_max);
        let worker = |_| {
            let working = work(reading.clone(), queues.clone()).in_current_span();
            AbortOnDropHandle::new(tokio::spawn(working))
        };
        let workers = (0..options.connections.clamp(1, reading.len().max(1))).map(worker).collect();
        Self { queues, workers }
    }

    /// Waits until an endpoint is open, in order the first one.
    pub(in crate::client::read) async fn ready(&self) -> Result<()> {
        poll_fn(|cx| self.queues.poll_ready(cx)).await
    }
}

impl Stream for Merged {
    type Item = Result<FlightStreamChunk>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.workers.is_empty() {
            return Poll::Ready(None);
        }
        let item = ready!(self.queues.poll_next(cx));
        if !matches!(item, Some(Ok(_))) {
            self.workers.clear();
        }
        Poll::Ready(item)
    }
}
