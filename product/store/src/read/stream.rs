//! The batches of a read, decoded on blocking threads and handed over in order.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::ahead::Ahead;
use crate::error::StoreError;
use crate::format::Decoders;

/// How long one read may decode before others have their turn. A batch takes a few milliseconds.
const TURN: Duration = Duration::from_millis(10);

/// The most batches that wait for a reader, however small they are.
const WAITING_MAX: usize = 64;

/// What decodes: the batches in their order, one at a time.
pub(crate) trait Decode:
    Iterator<Item = Result<RecordBatch, StoreError>> + Send + 'static
{
}

impl<T: Iterator<Item = Result<RecordBatch, StoreError>> + Send + 'static> Decode for T {}

/// A batch or what ended the read, and the bytes that it counts for.
type Counted = (Result<RecordBatch, StoreError>, usize);

/// A stream of batches. Dropping it stops the decoding.
#[derive(Debug)]
pub struct ReadStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Counted>,
    ahead: Arc<Ahead>,
}

impl ReadStream {
    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Starts to decode, a turn at a time, ahead of the reader by so many bytes.
    pub(crate) fn start(
        cursor: impl Decode,
        schema: SchemaRef,
        decoders: Decoders,
        ahead_bytes_max: usize,
    ) -> Self {
        let ahead = Arc::new(Ahead::new(ahead_bytes_max));
        let (sender, batches) = mpsc::channel(WAITING_MAX);
        let output = Output { sender, ahead: ahead.clone() };
        decoders.runtime().clone().spawn(drive(cursor, output, decoders));
        Self { schema, batches, ahead }
    }
}

impl Stream for ReadStream {
    type Item = Result<RecordBatch, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.batches.poll_recv(cx));
        Poll::Ready(item.map(|(item, bytes)| {
            self.ahead.take(bytes);
            item
        }))
    }
}

/// Where the batches go.
#[derive(Clone)]
struct Output {
    sender: mpsc::Sender<Counted>,
    ahead: Arc<Ahead>,
}

impl Output {
    /// Waits for room for a batch, so that none is decoded that has to wait for it; false when
    /// nobody reads any more.
    async fn room(&self) -> bool {
        tokio::select! {
            () = self.sender.closed() => return false,
            () = self.ahead.room() => {}
        }
        self.sender.reserve().await.is_ok()
    }
}

/// Turns until the end: no thread is held while the reader is slow or a permit is awaited.
async fn drive(mut cursor: impl Decode, output: Output, decoders: Decoders) {
    loop {
        if !output.room().await {
            return;
        }
        let permit = tokio::select! {
            () = output.sender.closed() => return,
            permit = decoders.permit() => permit,
        };
        let own = output.clone();
        let turn = decoders.runtime().spawn_blocking(move || {
            let more = turn(&mut cursor, &own);
            drop(permit);
            more.then_some(cursor)
        });
        match turn.await {
            Ok(Some(back)) => cursor = back,
            Ok(None) => return,
            Err(error) => {
                // The end of the channel would look like the end of the data.
                let reason = format!("decoding was given up: {error}");
                let _ = output.sender.send((Err(StoreError::Internal { reason }), 0)).await;
                return;
            }
        }
    }
}

/// Decodes while there is room and time; tells whether there is more.
fn turn(cursor: &mut impl Decode, output: &Output) -> bool {
    let begun = Instant::now();
    loop {
        if !output.ahead.has_room() {
            return true;
        }
        let room = match output.sender.try_reserve() {
            Ok(room) => room,
            Err(TrySendError::Full(())) => return true,
            Err(TrySendError::Closed(())) => return false,
        };
        let Some(item) = cursor.next() else { return false };
        let bytes = item.as_ref().map_or(0, RecordBatch::get_array_memory_size);
        let failed = item.is_err();
        output.ahead.add(bytes);
        room.send((item, bytes));
        if failed {
            return false;
        }
        if begun.elapsed() >= TURN {
            return true;
        }
    }
}

#[cfg(test)]
mod tests;
