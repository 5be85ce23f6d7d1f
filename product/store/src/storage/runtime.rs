//! Where object stores and logs are talked to: that is asynchronous, and this crate blocks.

use std::sync::OnceLock;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::StoreError;

/// Threads that drive requests; what blocks or computes has threads of its own.
const WORKERS: usize = 2;

/// The runtime of all stores of this process. It outlives every store, so that none has to end it
/// from a thread that must not wait.
fn runtime() -> Result<&'static Runtime, StoreError> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).thread_name("wingbeat-store").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    runtime.as_ref().map_err(|error| StoreError::Internal { reason: error.clone() })
}

/// Starts asynchronous work; its outcome is there to be waited for.
pub(crate) fn start<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<Started<T>, StoreError> {
    let (sender, outcome) = mpsc::sync_channel(1);
    let task = runtime()?.spawn(async move {
        let outcome = work.await;
        // Nobody waits any more only where the waiting thread is gone.
        let _ = sender.send(outcome);
    });
    Ok(Started { outcome, task })
}

/// Work under way; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Started<T> {
    outcome: mpsc::Receiver<Result<T, StoreError>>,
    task: JoinHandle<()>,
}

impl<T> Started<T> {
    /// Waits for it, on a thread that may block.
    pub(crate) fn wait(self) -> Result<T, StoreError> {
        let lost = |_| StoreError::Internal { reason: "work for a store was given up".to_owned() };
        self.outcome.recv().map_err(lost)?
    }
}

impl<T> Drop for Started<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for asynchronous work from a thread that may block, whatever runtime that belongs to.
pub(crate) fn wait<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    start(work)?.wait()
}
