//! Admission: how much memory and how many uploads run at once.
//!
//! A read or an upload holds a bounded amount of memory; it takes that much out of the budget
//! when it starts and gives it back when it ends. Waiting for room is bounded in time, so that a
//! full server answers instead of hanging.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wingbeat::{Error, Result};

/// What one read holds at most: the batch being decoded, the queued ones, the one on the wire.
pub(crate) const READ_BYTES: u64 = 32 << 20;

/// What one upload holds at most: received bodies, the queue to the writer, one row group.
pub(crate) const UPLOAD_BYTES: u64 = 192 << 20;

/// How long a call waits for room before it is refused.
const WAIT: Duration = Duration::from_secs(10);

/// The budget counts in pieces of this size, since a semaphore counts in `u32`.
const UNIT: u64 = 1 << 20;

/// The room that running calls share.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    memory: Arc<Semaphore>,
    memory_units: u32,
    uploads: Arc<Semaphore>,
    uploads_max: usize,
}

/// Room held by one call; given back on drop.
#[derive(Debug)]
pub(crate) struct Room {
    _memory: OwnedSemaphorePermit,
    _upload: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// A budget of `memory_bytes` (at least 1 MiB) and `uploads_max` uploads.
    pub(crate) fn new(memory_bytes: u64, uploads_max: usize) -> Self {
        let units = u32::try_from((memory_bytes / UNIT).max(1)).unwrap_or(u32::MAX >> 4);
        let units = units.min(u32::MAX >> 4);
        let uploads_max = uploads_max.min(Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(Semaphore::new(units as usize)),
            memory_units: units,
            uploads: Arc::new(Semaphore::new(uploads_max)),
            uploads_max,
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

    /// Room for one upload.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED at once when the number of uploads is reached, and when no memory
    /// comes free in time.
    pub(crate) async fn upload(&self) -> Result<Room> {
        let Ok(upload) = Arc::clone(&self.uploads).try_acquire_owned() else {
            let text = format!("{} uploads are running, no more are taken", self.uploads_max);
            return Err(Error::resource_exhausted(text));
        };
        Ok(Room { _memory: self.memory(UPLOAD_BYTES).await?, _upload: Some(upload) })
    }

    async fn memory(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        // One call may always run, however small the budget.
        let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).min(self.memory_units);
        let permit = Arc::clone(&self.memory).acquire_many_owned(units);
        match tokio::time::timeout(WAIT, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::unavailable("the server is stopping")),
            Err(_) => {
                let text = format!("no memory came free within {} s", WAIT.as_secs());
                Err(Error::resource_exhausted(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wingbeat::Code;

    #[tokio::test]
    async fn one_upload_too_many_is_refused_and_room_comes_back() {
        let budget = Budget::new(1 << 30, 1);
        let room = budget.upload().await.unwrap();
        let error = budget.upload().await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        drop(room);
        budget.upload().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_waits_for_memory_and_then_gives_up() {
        let budget = Budget::new(READ_BYTES, 1);
        let _room = budget.read().await.unwrap();
        assert_eq!(budget.read().await.unwrap_err().code(), Code::ResourceExhausted);
    }

    #[tokio::test]
    async fn a_budget_below_one_call_still_runs_one() {
        let budget = Budget::new(1, 1);
        budget.upload().await.unwrap();
    }
}
