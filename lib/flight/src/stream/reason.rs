//! Why the reader of a stream gave up, told to its writer.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use crate::Error;

/// A place for an error that is set once and may be waited for.
#[derive(Debug, Default)]
pub(crate) struct Reason {
    error: OnceLock<Error>,
    set: CancellationToken,
}

impl Reason {
    /// Sets the error, if none is set.
    pub(crate) fn set(&self, error: Error) {
        if self.error.set(error).is_ok() {
            self.set.cancel();
        }
    }

    /// The error, if it is set.
    pub(crate) fn get(&self) -> Option<&Error> {
        self.error.get()
    }

    /// Waits for the error.
    pub(crate) async fn wait(&self) -> Error {
        self.set.cancelled().await;
        self.error.get().cloned().unwrap_or_else(|| Error::internal("an error was lost"))
    }
}
