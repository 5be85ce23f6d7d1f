//! Ends a call whose client takes nothing of its answer, for too long or beyond its deadline.
//!
//! A client that grants no window, or grants it and never reads, holds its call, what the handler
//! has open for it, and up to a window of memory, for as long as it likes. The answer's body is not
//! polled while it waits for such a client, so the task that drives the call has to look.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::stall::Ledger;

/// How long a call may go on after its deadline. One that does not wait for its client ends itself,
/// with a status, and is to come first.
const DEADLINE_GRACE: Duration = Duration::from_secs(1);

/// Resolves when the client has taken nothing of the answer for `timeout`.
pub(super) async fn stalled(answer: &Ledger, timeout: Option<Duration>) {
    answer.stalled(timeout).await;
    let seconds = timeout.map(|timeout| timeout.as_secs());
    tracing::warn!(seconds, "call ended: its client does not read");
}

/// Resolves when the deadline is past and the client has left something lying since.
pub(super) async fn overdue(answer: &Ledger, deadline: Option<Instant>) {
    // Times too far away to be told never come.
    let due = deadline.and_then(|deadline| deadline.checked_add(DEADLINE_GRACE));
    let Some(mut due) = due else { return std::future::pending().await };
    let mut lying = false;
    loop {
        sleep_until(due).await;
        // Twice, to tell what waits from what is just on its way.
        let lies = answer.under_way() > 0;
        if lies && lying {
            break;
        }
        lying = lies;
        due += DEADLINE_GRACE / 4;
    }
    tracing::debug!("call ended: its deadline passed while its client did not read");
}
