//! Ends a call whose client takes nothing of its answer, for too long or beyond its deadline.
//!
//! A client that grants no window, or grants it and never reads, holds its call, what the handler
//! has open for it, and up to a window of memory, for as long as it likes. While the transport
//! waits for such a client it does not poll the answer's body, so no timer inside of the body can
//! end the call; the task that drives the call has to.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use tokio::time::Instant;
use wingbeat_wire::Segments;

use crate::body::{Body, BoxError};

tokio::task_local! {
    /// The progress of the call that the present task drives.
    static PROGRESS: Progress;
}

/// `waiting_since` of a call that waits for its handler, or for nothing.
const NOT_WAITING: u64 = u64::MAX;

/// How long a call may go on after its deadline. One that does not wait for its client ends itself,
/// with a status, and is to come first.
const DEADLINE_GRACE: Duration = Duration::from_secs(1);

/// Whether a call waits for its client, and since when.
#[derive(Debug, Clone)]
struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    /// Milliseconds after `started`.
    waiting_since: AtomicU64,
    deadline: OnceLock<Instant>,
}

/// Why a call was ended for its client.
#[derive(Debug, Clone, Copy)]
enum Stalled {
    TimeOut,
    Deadline,
}

impl Progress {
    fn new() -> Self {
        let waiting_since = AtomicU64::new(NOT_WAITING);
        Self(Arc::new(Inner { started: Instant::now(), waiting_since, deadline: OnceLock::new() }))
    }

    /// A piece of the answer was handed to the transport, which now waits for room.
    fn wait(&self) {
        let since = u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.waiting_since.store(since, Ordering::Relaxed);
    }

    /// The transport asks for the next piece: the client has taken some.
    fn go_on(&self) {
        self.0.waiting_since.store(NOT_WAITING, Ordering::Relaxed);
    }

    /// Resolves when the call has waited for its client for `timeout` without a break, or waits
    /// for it beyond the deadline.
    async fn stalled(&self, timeout: Option<Duration>) -> Stalled {
        loop {
            let now = Instant::now();
            let since = match self.0.waiting_since.load(Ordering::Relaxed) {
                NOT_WAITING => now,
                since => self.0.started + Duration::from_millis(since),
            };
            // Times too far away to be told never come.
            let time_out = timeout.and_then(|timeout| since.checked_add(timeout));
            let deadline = self.0.deadline.get().map(|deadline| *deadline.max(&since));
            let deadline = deadline.and_then(|deadline| deadline.checked_add(DEADLINE_GRACE));
            let dues = [(time_out, Stalled::TimeOut), (deadline, Stalled::Deadline)];
            let next = dues.into_iter().filter_map(|(due, why)| Some((due?, why)));
            match next.min_by_key(|(due, _)| *due) {
                Some((due, why)) if due <= now => return why,
                Some((due, _)) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        }
    }
}

/// Drives the task of one call to its end, or until its client has taken nothing for `timeout` or
/// nothing beyond the deadline; dropping the task resets the call.
pub(super) async fn until_stalled(timeout: Option<Duration>, call: impl Future<Output = ()>) {
    let progress = Progress::new();
    tokio::select! {
        // The call first: its first poll sets the deadline, and its end counts.
        biased;
        () = PROGRESS.scope(progress.clone(), call) => {}
        why = progress.stalled(timeout) => match why {
            Stalled::TimeOut => {
                let seconds = timeout.map(|timeout| timeout.as_secs());
                tracing::warn!(seconds, "call ended: its client does not read");
            }
            Stalled::Deadline => {
                tracing::debug!("call ended: its deadline passed while its client did not read");
            }
        }
    }
}

/// Tells the task that drives the present call when the call has to be over.
pub(super) fn set_deadline(timeout: Duration) {
    if let Some(at) = Instant::now().checked_add(timeout) {
        // Outside of such a task there is nobody to tell; a call has one deadline only.
        let _ = PROGRESS.try_with(|progress| progress.0.deadline.set(at));
    }
}

/// `body`, which tells the task that drives it when the transport waits for the client.
pub(super) fn watched(body: Body) -> Body {
    match PROGRESS.try_with(Progress::clone) {
        Ok(progress) => Body::new(WatchedBody { inner: body, progress }),
        Err(_) => body,
    }
}

struct WatchedBody {
    inner: Body,
    progress: Progress,
}

impl http_body::Body for WatchedBody {
    type Data = Segments;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Segments>, BoxError>>> {
        self.progress.go_on();
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        self.progress.wait();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
