//! The time of day, as tickets count it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time; a test may set it wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    /// How many seconds it is fast.
    fast: i64,
}

impl Clock {
    /// One that is fast by so many seconds, or slow.
    pub(crate) fn fast_by(seconds: i64) -> Self {
        Self { fast: seconds }
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs().saturating_add_signed(self.fast)
    }

    /// The point in time of so many seconds since 1970.
    pub(crate) fn time_of(seconds: u64) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }
}
