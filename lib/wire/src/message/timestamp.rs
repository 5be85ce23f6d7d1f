//! `google.protobuf.Timestamp`: a point in time.

use std::time::{Duration, SystemTime};

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// A point in time since 1970-01-01T00:00:00 UTC. Kept as sent: only the conversion to
/// [`SystemTime`] checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Whole seconds, negative before 1970.
    pub seconds: i64,
    /// Nanoseconds forward from `seconds`, also before 1970: 0 to 999 999 999.
    pub nanos: i32,
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let (seconds, nanos) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos()),
            Err(error) => {
                let before = error.duration();
                let seconds = 0i64.saturating_sub_unsigned(before.as_secs());
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanos => (seconds.saturating_sub(1), NANOS_PER_SECOND - nanos),
                }
            }
        };
        Self { seconds, nanos: nanos.cast_signed() }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = DecodeError;

    /// # Errors
    /// When the nanoseconds are not within a second, or this machine's clock cannot show the time.
    fn try_from(time: Timestamp) -> Result<Self, DecodeError> {
        let invalid = |why: String| DecodeError::invalid("Timestamp", why);
        let nanos =
            u32::try_from(time.nanos).ok().filter(|&nanos| nanos < NANOS_PER_SECOND).ok_or_else(
                || invalid(format!("{} nanoseconds, expected 0 to 999999999", time.nanos)),
            )?;
        let seconds = Duration::from_secs(time.seconds.unsigned_abs());
        let whole = if time.seconds < 0 {
            Self::UNIX_EPOCH.checked_sub(seconds)
        } else {
            Self::UNIX_EPOCH.checked_add(seconds)
        };
        whole
            .and_then(|whole| whole.checked_add(Duration::from_nanos(u64::from(nanos))))
            .ok_or_else(|| invalid(format!("{} seconds are out of range", time.seconds)))
    }
}

impl Proto for Timestamp {
    fn write(&self, to: &mut Writer) {
        to.int64(1, self.seconds);
        to.int32(2, self.nanos);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.seconds = field.int64("Timestamp.seconds")?,
                2 => this.nanos = field.int32("Timestamp.nanos")?,
                _ => {}
            }
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_both_ways_around_the_epoch() {
        for (millis, seconds, nanos) in
            [(0, 0, 0), (1500, 1, 500_000_000), (-1000, -1, 0), (-1500, -2, 500_000_000)]
        {
            let offset = Duration::from_millis(i64::unsigned_abs(millis));
            let time = if millis < 0 {
                SystemTime::UNIX_EPOCH - offset
            } else {
                SystemTime::UNIX_EPOCH + offset
            };
            assert_eq!(Timestamp::from(time), Timestamp { seconds, nanos });
            assert_eq!(SystemTime::try_from(Timestamp { seconds, nanos }), Ok(time));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for nanos in [-1, 1_000_000_000] {
            assert!(SystemTime::try_from(Timestamp { seconds: 0, nanos }).is_err());
        }
        for seconds in [i64::MIN, i64::MAX] {
            // Whether a clock can show it depends on the system; it must not panic.
            drop(SystemTime::try_from(Timestamp { seconds, nanos: 999_999_999 }));
        }
    }
}
