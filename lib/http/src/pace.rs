//! [`Pace`]: whether a server makes progress.

use std::time::{Duration, Instant};

use wingbeat::Error;

/// So many bytes are progress. Fewer in the whole patience are a server that trickles.
const PROGRESS_BYTES: u64 = 16 << 10;

/// How long a server was waited for since it last made progress, and until when it may take. Time
/// in which nobody waits does not count: a slow reader is no fault of the server's.
#[derive(Debug)]
pub(crate) struct Pace {
    patience: Duration,
    deadline: Option<Instant>,
    waited: Duration,
    bytes: u64,
}

impl Pace {
    pub(crate) fn new(patience: Duration, timeout: Option<Duration>) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { patience, deadline, waited: Duration::ZERO, bytes: 0 }
    }

    /// Waits for what the server does next.
    ///
    /// # Errors
    /// A text, when it takes too long. DEADLINE_EXCEEDED when the time of the whole read is over.
    pub(crate) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Result<T, TooSlow> {
        let left = self.patience.saturating_sub(self.waited);
        let until_deadline = self.deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let is_last = until_deadline.is_some_and(|until| until < left);
        let begun = Instant::now();
        let result = tokio::time::timeout(until_deadline.map_or(left, |u| u.min(left)), next).await;
        self.waited += begun.elapsed();
        result.map_err(|_elapsed| match is_last {
            true => TooSlow::Deadline,
            false => TooSlow::Stalled(self.patience),
        })
    }

    /// Counts bytes that came.
    pub(crate) fn note(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes >= PROGRESS_BYTES {
            self.bytes = 0;
            self.waited = Duration::ZERO;
        }
    }
}

/// Why the server is waited for no longer.
#[derive(Debug)]
pub(crate) enum TooSlow {
    /// No progress for so long.
    Stalled(Duration),
    /// The time for the whole read is over.
    Deadline,
}

impl TooSlow {
    pub(crate) fn into_error(self, name: &str) -> Error {
        match self {
            Self::Stalled(patience) => {
                Error::unavailable(format!("{name} made no progress for {patience:?}"))
            }
            Self::Deadline => {
                Error::deadline_exceeded(format!("no time is left for reading from {name}"))
            }
        }
    }
}
