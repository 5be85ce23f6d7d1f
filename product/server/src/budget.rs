//! Admission: how much memory and how many uploads run at once.
//!
//! A read or an upload holds a bounded amount of memory; it takes that much out of the budget
//! when it starts and gives it back when it ends. Waiting for room is bounded in time, so that a
//! full server answers instead of hanging.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wingbeat::{Error, Result};

/// What one read holds at most: what is decoded ahead (16 MiB in the store), the batch being
/// decoded, the one on the wire.
pub(crate) const READ_BYTES: u64 = 32 << 20;

/// What one upload of ordinary messages holds beside the row group that is being written: what the
/// connection takes ahead, the batch that waits for the writer, the one that is being encoded.
pub(crate) const UPLOAD_BYTES: u64 = 32 << 20;

/// The budget counts in pieces of this size, since a semaphore counts in `u32`.
const UNIT: u64 = 1 << 20;

/// The room that running calls share.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    memory: Arc<Semaphore>,
    memory_units: u32,
    uploads: Arc<Semaphore>,
    uploads_max: usize,
    wait: Duration,
}

/// Room held by one call; given back on drop.
#[derive(Debug)]
pub(crate) struct Room {
    _memory: OwnedSemaphorePermit,
    _upload: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// A budget of `memory_bytes` (at least 1 MiB) and `uploads_max` uploads, for whose memory a
    /// call waits for so long.
    pub(crate) fn new(memory_bytes: u64, uploads_max: usize, wait: Duration) -> Self {
        let units = u32::try_from((memory_bytes / UNIT).max(1)).unwrap_or(u32::MAX >> 4);
        let units = units.min(u32::MAX >> 4);
        let uploads_max = uploads_max.min(Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(Semaphore::new(units as usize)),
            memory_units: units,
            uploads: Arc::new(Semaphore::new(uploads_max)),
            uploads_max,
            wait,
        }
    }

    /// Room for one read.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED when none comes free in time.
    pub(crate) async fn read(&self) -> Result<Room> {
        Ok(Room { _memory: self.memory(READ_BYTES).await?, _upload: None })
    }

    /// Room for one upload with row groups of so many bytes.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED at once when the number of uploads is reached, and when no memory
    /// comes free in time.
    pub(crate) async fn upload(&self, row_group_bytes: usize) -> Result<Room> {
        let Ok(upload) = Arc::clone(&self.uploads).try_acquire_owned() else {
            let text = format!("{} uploads are running, no more are taken", self.uploads_max);
            return Err(Error::resource_exhausted(text));
        };
        let bytes = UPLOAD_BYTES.saturating_add(row_group_bytes as u64);
        Ok(Room { _memory: self.memory(bytes).await?, _upload: Some(upload) })
    }

    async fn memory(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        // One call may always run, however small the budget.
        let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).min(self.memory_units);
        let permit = Arc::clone(&self.memory).acquire_many_owned(units);
        match tokio::time::timeout(self.wait, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::unavailable("the server is stopping")),
            Err(_) => {
                let text = format!("no memory came free within {} s", self.wait.as_secs_f64());
                Err(Error::resource_exhausted(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wingbeat::Code;

    const WAIT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn one_upload_too_many_is_refused_and_room_comes_back() {
        let budget = Budget::new(1 << 30, 1, WAIT);
        let room = budget.upload(1).await.unwrap();
        let error = budget.upload(1).await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        drop(room);
        budget.upload(1).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_waits_for_memory_and_then_gives_up() {
        let budget = Budget::new(READ_BYTES, 1, WAIT);
        let _room = budget.read().await.unwrap();
        assert_eq!(budget.read().await.unwrap_err().code(), Code::ResourceExhausted);
    }

    #[tokio::test]
    async fn a_budget_below_one_call_still_runs_one() {
        let budget = Budget::new(1, 1, WAIT);
        budget.upload(1).await.unwrap();
    }
}
