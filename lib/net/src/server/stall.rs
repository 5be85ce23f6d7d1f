//! Ends a call whose client takes nothing of its answer, for too long or beyond its deadline.
//!
//! A client that grants no window, or grants it and never reads, holds its call, what the handler
//! has open for it, and up to a window of memory, for as long as it likes. While the transport
//! waits for such a client it does not poll the answer's body, so no timer inside of the body can
//! end the call; the task that drives the call has to.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use crate::body::{Body, BoxError};
use crate::stall::{Ledger, Sent};

tokio::task_local! {
    /// The progress of the call that the present task drives.
    static PROGRESS: Arc<Progress>;
}

/// How long a call may go on after its deadline. One that does not wait for its client ends itself,
/// with a status, and is to come first.
const DEADLINE_GRACE: Duration = Duration::from_secs(1);

/// What of a call's answer is under way, and when the call has to be over.
#[derive(Debug, Default)]
struct Progress {
    answer: Arc<Ledger>,
    deadline: OnceLock<Instant>,
}

impl Progress {
    /// Resolves when the deadline is past and the client has left something lying since.
    async fn overdue(&self) {
        // Times too far away to be told never come.
        let deadline = self.deadline.get();
        let due = deadline.and_then(|deadline| deadline.checked_add(DEADLINE_GRACE));
        let Some(mut due) = due else { return std::future::pending().await };
        let mut lying = false;
        loop {
            sleep_until(due).await;
            // Twice, to tell what waits from what is just on its way.
            let lies = self.answer.under_way() > 0;
            if lies && lying {
                return;
            }
            lying = lies;
            due += DEADLINE_GRACE / 4;
        }
    }
}

/// Drives the task of one call to its end, or until its client has taken nothing for `timeout` or
/// nothing beyond the deadline; dropping the task resets the call.
pub(super) async fn until_stalled(timeout: Option<Duration>, call: impl Future<Output = ()>) {
    let progress = Arc::new(Progress::default());
    tokio::select! {
        // The call first: its first poll sets the deadline, and its end counts.
        biased;
        () = PROGRESS.scope(Arc::clone(&progress), call) => {}
        () = progress.answer.stalled(timeout) => {
            let seconds = timeout.map(|timeout| timeout.as_secs());
            tracing::warn!(seconds, "call ended: its client does not read");
        }
        () = progress.overdue() => {
            tracing::debug!("call ended: its deadline passed while its client did not read");
        }
    }
}

/// Tells the task that drives the present call when the call has to be over.
pub(super) fn set_deadline(timeout: Duration) {
    if let Some(at) = Instant::now().checked_add(timeout) {
        // Outside of such a task there is nobody to tell; a call has one deadline only.
        let _ = PROGRESS.try_with(|progress| progress.deadline.set(at));
    }
}

/// `body`, which tells the task that drives it what the client has not taken yet.
pub(super) fn watched(body: Body) -> WatchedBody {
    let ledger = PROGRESS.try_with(|progress| Arc::clone(&progress.answer));
    // Outside of such a task nobody looks.
    WatchedBody { inner: body, ledger: ledger.unwrap_or_default(), end: None }
}

/// An answer whose bytes are counted until they are written.
///
/// Its end waits until little is left to be written: once the transport has the end, nobody could
/// end the call for a client that never takes the rest.
pub(super) struct WatchedBody {
    inner: Body,
    ledger: Arc<Ledger>,
    /// What the body ended with, as long as that waits.
    end: Option<Polled>,
}

type Polled = Option<Result<Frame<Sent>, BoxError>>;

impl http_body::Body for WatchedBody {
    type Data = Sent;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Polled> {
        let this = self.get_mut();
        if this.end.is_none() {
            let polled = ready!(Pin::new(&mut this.inner).poll_frame(cx));
            let ledger = &this.ledger;
            let polled = polled
                .map(|frame| frame.map(|frame| frame.map_data(|data| Sent::new(data, ledger))));
            if matches!(&polled, Some(Ok(frame)) if frame.is_data()) {
                return Poll::Ready(polled);
            }
            this.end = Some(polled);
        }
        ready!(this.ledger.poll_nearly_clear(cx));
        Poll::Ready(this.end.take().flatten())
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
