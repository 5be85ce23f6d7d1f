//! Where logs are read: delta-rs is asynchronous, and the rest of this crate blocks.

use std::sync::OnceLock;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

use crate::StoreError;

/// Threads that drive requests; what blocks or computes has threads of its own.
const WORKERS: usize = 2;

/// The runtime of all logs of this process. It outlives every store, so that none has to end it
/// from a thread that must not wait.
fn runtime() -> Result<&'static Runtime, StoreError> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).thread_name("wingbeat-delta").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    runtime.as_ref().map_err(|error| StoreError::Internal { reason: error.clone() })
}

/// Waits for asynchronous work from a thread that may block, whatever runtime that belongs to.
pub(super) fn wait<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        let outcome = work.await;
        // Nobody waits any more only where the waiting thread is gone.
        let _ = sender.send(outcome);
    });
    let lost = |_| StoreError::Internal { reason: "reading a table's log was given up".to_owned() };
    receiver.recv().map_err(lost)?
}
