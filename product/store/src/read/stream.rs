//! The batches of a read, decoded on blocking threads and handed over through a bounded channel.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};

use super::cursor::Cursor;
use crate::error::StoreError;

/// How long one read may decode before others have their turn. A batch takes a few milliseconds.
const TURN: Duration = Duration::from_millis(10);

/// What a stream yields.
type Item = Result<RecordBatch, StoreError>;

/// A stream of batches. Dropping it stops the decoding.
#[derive(Debug)]
pub struct ReadStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Item>,
}

impl ReadStream {
    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Starts to decode on the runtime's blocking threads, a turn at a time, each with one of the
    /// permits that all streams share.
    pub(crate) fn start(
        cursor: Cursor,
        schema: SchemaRef,
        permits: Arc<Semaphore>,
        queue: usize,
    ) -> Result<Self, StoreError> {
        let runtime = Handle::try_current().map_err(|_| StoreError::Internal {
            reason: "a read must be started within a tokio runtime".to_owned(),
        })?;
        let (sender, batches) = mpsc::channel(queue.max(1));
        runtime.spawn(drive(cursor, sender, permits));
        Ok(Self { schema, batches })
    }
}

impl Stream for ReadStream {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        self.batches.poll_recv(cx)
    }
}

/// Turns until the end: no thread is held while the reader is slow or a permit is awaited.
async fn drive(mut cursor: Cursor, sender: mpsc::Sender<Item>, permits: Arc<Semaphore>) {
    loop {
        // Room for a batch first, so that none is decoded that has to wait for room.
        if sender.reserve().await.is_err() {
            return;
        }
        let permit = tokio::select! {
            () = sender.closed() => return,
            permit = permits.clone().acquire_owned() => permit,
        };
        let output = sender.clone();
        let turn = tokio::task::spawn_blocking(move || {
            let more = turn(&mut cursor, &output);
            drop(permit);
            more.then_some(cursor)
        });
        match turn.await {
            Ok(Some(back)) => cursor = back,
            Ok(None) => return,
            Err(error) => {
                // The end of the channel would look like the end of the data.
                let reason = format!("decoding was given up: {error}");
                let _ = sender.send(Err(StoreError::Internal { reason })).await;
                return;
            }
        }
    }
}

/// Decodes while there is room and time; tells whether there is more.
fn turn(cursor: &mut Cursor, sender: &mpsc::Sender<Item>) -> bool {
    let begun = Instant::now();
    loop {
        let room = match sender.try_reserve() {
            Ok(room) => room,
            Err(TrySendError::Full(())) => return true,
            Err(TrySendError::Closed(())) => return false,
        };
        let Some(item) = cursor.next() else { return false };
        let failed = item.is_err();
        room.send(item);
        if failed {
            return false;
        }
        if begun.elapsed() >= TURN {
            return true;
        }
    }
}
