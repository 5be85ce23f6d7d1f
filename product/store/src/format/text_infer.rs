//! Which type a column of text values has.

use arrow_array::types::Date32Type;
use arrow_cast::parse::Parser;
use arrow_schema::{DataType, TimeUnit};

/// What the values of a column seen so far have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Nothing but nulls.
    #[default]
    Unknown,
    /// `true` and `false`.
    Boolean,
    /// Whole numbers that fit 64 bits and have no leading zero.
    Int64,
    /// Numbers.
    Float64,
    /// `2024-02-29`.
    Date,
    /// `2024-02-29T12:00:00`, a space for the `T` or fractions of a second being possible.
    Timestamp,
    /// The same with a zone: `Z` or `+01:00`.
    ZonedTimestamp,
    /// Anything else.
    Text,
}

impl Guess {
    /// Takes one more value into account.
    pub(crate) fn see(self, value: &str) -> Self {
        let seen = Self::of(value);
        match (self, seen) {
            (Self::Unknown, _) => seen,
            (before, now) if before == now => before,
            (Self::Int64, Self::Float64) | (Self::Float64, Self::Int64) => Self::Float64,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    /// The guess from one value alone.
    fn of(value: &str) -> Self {
        let bytes = value.as_bytes();
        match bytes {
            b"true" | b"false" => return Self::Boolean,
            b"NaN" | b"nan" | b"inf" | b"-inf" | b"Infinity" | b"-Infinity" => {
                return Self::Float64;
            }
            _ => {}
        }
        let digits = value.strip_prefix('-').unwrap_or(value).as_bytes();
        let Some(first) = digits.first() else { return Self::Text };
        if !first.is_ascii_digit() && *first != b'.' {
            return Self::Text;
        }
        if digits.iter().all(u8::is_ascii_digit) {
            // "007" is a code and not a number, and so is what no i64 can hold.
            let padded = *first == b'0' && digits.len() > 1;
            let fits = !padded && value.parse::<i64>().is_ok();
            return if fits { Self::Int64 } else { Self::Text };
        }
        if is_date(bytes) {
            return Self::Date;
        }
        if let Some(guess) = timestamp(bytes) {
            return guess;
        }
        let padded = *first == b'0' && digits.get(1).is_some_and(u8::is_ascii_digit);
        if !padded && value.parse::<f64>().is_ok() { Self::Float64 } else { Self::Text }
    }

    /// The Arrow type.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Unknown | Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::ZonedTimestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// Whether the bytes are laid out as the pattern says, `0` standing for any digit.
fn laid_out(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.len() == pattern.len()
        && bytes.iter().zip(pattern).all(|(byte, want)| match want {
            b'0' => byte.is_ascii_digit(),
            want => byte == want,
        })
}

/// Whether this is a date of the calendar.
fn is_date(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).ok().filter(|_| laid_out(bytes, b"0000-00-00"));
    text.and_then(Date32Type::parse).is_some()
}

/// Whether this is a time of the day.
fn is_time(bytes: &[u8]) -> bool {
    let below = |at: usize, max: &[u8]| bytes.get(at..at + 2).is_some_and(|two| two < max);
    laid_out(bytes, b"00:00:00") && below(0, b"24") && below(3, b"60") && below(6, b"60")
}

/// Whether this is a point in time with microseconds at most, and whether it names a zone.
fn timestamp(bytes: &[u8]) -> Option<Guess> {
    let (date, rest) = bytes.split_at_checked(10)?;
    let (mark, rest) = rest.split_first()?;
    let (time, rest) = rest.split_at_checked(8)?;
    if !is_date(date) || !matches!(mark, b'T' | b' ') || !is_time(time) {
        return None;
    }
    let fraction = match rest.strip_prefix(b".") {
        Some(rest) => rest.iter().take_while(|byte| byte.is_ascii_digit()).count() + 1,
        None => 0,
    };
    if fraction == 1 || fraction > 7 {
        return None;
    }
    match rest.get(fraction..)? {
        b"" => Some(Guess::Timestamp),
        b"Z" => Some(Guess::ZonedTimestamp),
        [b'+' | b'-', zone @ ..] if laid_out(zone, b"00:00") => Some(Guess::ZonedTimestamp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(values: &[&str]) -> DataType {
        values.iter().fold(Guess::default(), |guess, value| guess.see(value)).data_type()
    }

    #[test]
    fn numbers_codes_and_dates_are_told_apart() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(guess(&["1", "-20", "0"]), DataType::Int64);
        assert_eq!(guess(&["1", "2.5", "1e9"]), DataType::Float64);
        assert_eq!(guess(&["1", "007"]), DataType::Utf8);
        assert_eq!(guess(&["00.5"]), DataType::Utf8);
        assert_eq!(guess(&["0.5", "-0.25", ".5"]), DataType::Float64);
        assert_eq!(guess(&["9223372036854775808"]), DataType::Utf8);
        assert_eq!(guess(&["true", "false"]), DataType::Boolean);
        assert_eq!(guess(&["true", "1"]), DataType::Utf8);
        assert_eq!(guess(&["2024-02-29"]), DataType::Date32);
        assert_eq!(guess(&["2024-13-29"]), DataType::Utf8);
        assert_eq!(guess(&["2024-02-28", "2024-02-30"]), DataType::Utf8);
        assert_eq!(guess(&["2024-02-29 24:00:00"]), DataType::Utf8);
        assert_eq!(guess(&["2024-02-29", "2024-02-29 01:02:03"]), micros);
        assert_eq!(guess(&["2024-02-29T01:02:03.123456"]), micros);
        assert_eq!(guess(&["2024-02-29T01:02:03.123456789"]), DataType::Utf8);
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(guess(&["2024-02-29T01:02:03Z", "2024-02-29T01:02:03+01:00"]), zoned);
        assert_eq!(guess(&["+1", "-"]), DataType::Utf8);
        assert_eq!(guess(&[]), DataType::Utf8);
    }
}
