//! The header `grpc-timeout`: up to eight digits and a unit.

use std::time::Duration;

use crate::DecodeError;

/// The largest number that eight digits can say.
const DIGITS_MAX: u128 = 99_999_999;

/// The units, fine to coarse, with their nanoseconds.
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60_000_000_000),
    ('H', 3_600_000_000_000),
];

/// Writes a timeout in the finest unit that holds it, rounded up: a deadline is never shortened.
/// Longer times than the header can say (11 415 years) become that time.
pub fn encode_timeout(timeout: Duration) -> String {
    let nanos = timeout.as_nanos();
    for (unit, size) in UNITS {
        let count = nanos.div_ceil(size);
        if count <= DIGITS_MAX {
            return format!("{count}{unit}");
        }
    }
    format!("{DIGITS_MAX}H")
}

/// Reads a timeout.
///
/// # Errors
/// When it is not one to eight digits and one of the units `H`, `M`, `S`, `m`, `u`, `n`.
pub fn parse_timeout(header: &str) -> Result<Duration, DecodeError> {
    let invalid = || {
        let shown: String = header.chars().take(20).collect();
        let why = format!("is {shown:?}, expected up to 8 digits and one of H M S m u n");
        DecodeError::invalid("grpc-timeout", why)
    };
    let unit = header.chars().next_back().ok_or_else(invalid)?;
    let (_, size) = *UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
    let digits = header.strip_suffix(unit).unwrap_or_default();
    let is_number = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number {
        return Err(invalid());
    }
    let count: u128 = digits.parse().map_err(|_| invalid())?;
    let nanos = count * size;
    let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| invalid())?;
    Ok(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finest_unit_that_holds_it() {
        for (timeout, header) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_000), "100000u"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(30), "30000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(100_000_000), "1666667M"),
            (Duration::from_secs(6_000_000_000), "1666667H"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(encode_timeout(timeout), header);
            let back = parse_timeout(header).unwrap();
            assert!(back >= timeout || timeout == Duration::MAX, "{header} shortens {timeout:?}");
        }
    }

    #[test]
    fn every_unit() {
        for (header, nanos) in [
            ("1n", 1),
            ("20u", 20_000),
            ("3m", 3_000_000),
            ("00000004S", 4_000_000_000),
            ("5M", 300_000_000_000),
            ("99999999H", 359_999_996_400_000_000_000),
        ] {
            assert_eq!(parse_timeout(header).map(|time| time.as_nanos()), Ok(nanos), "{header}");
        }
    }

    #[test]
    fn what_is_no_timeout() {
        for header in
            ["", "S", "1", "1s", "1h", "-1S", "+1S", "1.5S", " 1S", "1 S", "123456789S", "1é"]
        {
            let error = parse_timeout(header).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("grpc-timeout: is {header:?}, expected")),
                "{error}"
            );
        }
    }
}
