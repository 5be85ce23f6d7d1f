//! One worker: reads one endpoint after the other into the queues.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream as _;
use wingbeat_wire::ipc::body_len;

use super::lane::Lane;
use super::queues::Queues;
use crate::client::read::fetch::Fetch;
use crate::client::read::reading::Reading;
use crate::{FlightStreamChunk, Result};

/// Small batches that are there together are handed on together, up to so many bytes: waking the
/// reader costs more than a small batch.
const GROUP_BYTES: usize = 256 << 10;
/// And up to so many of them.
const GROUP_CHUNKS_MAX: usize = 64;
/// Room for a first batch, before the size of any is known.
const FIRST_BYTES: usize = 1 << 20;
/// How often an endpoint is read from the beginning.
const RESTARTS_MAX: u32 = 3;
/// What a chunk costs beside its body, as counted.
const CHUNK_BYTES: usize = 256;

/// Reads endpoints until all are given out.
pub(super) async fn work(reading: Arc<Reading>, queues: Arc<Queues>) {
    while let Some(lane) = queues.next_lane() {
        let outcome = read(&reading, &lane).await;
        lane.finish(outcome);
    }
}

/// Reads an endpoint to its end. In order, one that breaks off while its reader has nothing of it
/// is read from the beginning: at once, and after that when its turn comes, since a server may end
/// a call because it waited for too long.
async fn read(reading: &Arc<Reading>, lane: &Lane) -> Result<()> {
    let mut fetch = Fetch::new(reading.clone(), lane.index());
    let mut restarts = 0;
    while let Err(error) = pump(reading, lane, &mut fetch).await {
        let may_restart = restarts < RESTARTS_MAX && reading.is_retriable(&error);
        if !may_restart || !lane.retract() {
            return Err(error);
        }
        restarts += 1;
        if restarts > 1 {
            lane.turn().await;
        }
        fetch.restart();
    }
    Ok(())
}

async fn pump(reading: &Reading, lane: &Lane, fetch: &mut Fetch) -> Result<()> {
    let options = reading.options();
    let share = options.bytes_max / options.connections.max(1);
    poll_fn(|cx| fetch.poll_open(cx)).await?;
    lane.open();
    let mut group = Group { bytes_max: FIRST_BYTES.min(share), ..Group::default() };
    loop {
        lane.room(group.bytes_max).await;
        let filled = poll_fn(|cx| group.poll_fill(fetch, cx)).await;
        lane.push(std::mem::take(&mut group.chunks), group.bytes_max);
        match filled {
            Ok(Filled::ForNow) => group.begin_next(share),
            Ok(Filled::ToTheEnd) => return Ok(()),
            Err(error) => return Err(error),
        }
        // A stream that always has more would keep others from this thread.
        tokio::task::coop::consume_budget().await;
    }
}

/// Chunks that are handed on together.
#[derive(Debug, Default)]
struct Group {
    chunks: Vec<(FlightStreamChunk, usize)>,
    bytes: usize,
    bytes_max: usize,
    /// The largest chunk so far.
    largest: usize,
}

enum Filled {
    ForNow,
    ToTheEnd,
}

impl Group {
    /// Takes what is there, at least one chunk, and no more than there is room for.
    fn poll_fill(&mut self, fetch: &mut Fetch, cx: &mut Context<'_>) -> Poll<Result<Filled>> {
        loop {
            match Pin::new(&mut *fetch).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => self.push(chunk),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => return Poll::Ready(Ok(Filled::ToTheEnd)),
                Poll::Pending if self.chunks.is_empty() => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Ok(Filled::ForNow)),
            }
            let is_full = self.bytes.saturating_add(self.largest) > self.bytes_max;
            if is_full || self.chunks.len() == GROUP_CHUNKS_MAX {
                return Poll::Ready(Ok(Filled::ForNow));
            }
        }
    }

    fn push(&mut self, chunk: FlightStreamChunk) {
        let body = chunk.data.as_ref().map_or(0, body_len);
        let metadata = chunk.app_metadata.as_ref().map_or(0, bytes::Bytes::len);
        let bytes = body.saturating_add(metadata).saturating_add(CHUNK_BYTES);
        self.largest = self.largest.max(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        self.chunks.push((chunk, bytes));
    }

    /// The next group is as large as the largest chunk, or holds several small ones.
    fn begin_next(&mut self, share: usize) {
        self.bytes = 0;
        self.bytes_max = GROUP_BYTES.min(share).max(self.largest);
    }
}
