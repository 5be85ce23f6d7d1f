//! Dates in cookies (RFC 6265, 5.1.1): any order of day, month, year and time is one.

use std::time::{Duration, SystemTime};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH_NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// From the day that the epoch began on.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const SECONDS_PER_DAY: u64 = 86_400;

/// The date in a text such as `Wed, 21 Oct 2026 07:28:00 GMT`; `None` when there is none.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    let is_part = |byte: char| byte.is_ascii_alphanumeric() || byte == ':';
    for token in text.split(|byte| !is_part(byte)).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = Some(parse_time(token)?);
        } else if day.is_none() && (1..=2).contains(&token.len()) && is_number(token) {
            day = token.parse::<u64>().ok();
        } else if month.is_none() && month_of(token).is_some() {
            month = month_of(token);
        } else if year.is_none() && (2..=4).contains(&token.len()) && is_number(token) {
            year = token.parse::<u64>().ok();
        }
    }
    let (day, month, year) = (day?, month?, full_year(year?));
    if !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        // Before the epoch is as good as no date to somebody who asks whether it is over.
        return (1601..1970).contains(&year).then_some(SystemTime::UNIX_EPOCH);
    }
    let seconds = days_since_epoch(year, month, day) * SECONDS_PER_DAY + time?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The date as [`parse`] reads it and as others write it, `Wed, 21 Oct 2026 07:28:00 GMT`.
pub(super) fn format(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, seconds) = (since / SECONDS_PER_DAY, since % SECONDS_PER_DAY);
    let weekday = WEEKDAYS.iter().cycle().nth(usize::try_from(days % 7).unwrap_or(0));
    let (year, month, day) = date_of(days);
    let month = MONTH_NAMES.get(usize::try_from(month - 1).unwrap_or(0));
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let (weekday, month) = (weekday.unwrap_or(&""), month.unwrap_or(&""));
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
fn date_of(days: u64) -> (u64, u64, u64) {
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // Years that begin in March, as above.
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, is_next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + is_next, month, day_of_month)
}

fn is_number(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_digit())
}

fn month_of(token: &str) -> Option<u64> {
    let start = token.get(..3)?.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| *month == start)?;
    u64::try_from(found + 1).ok()
}

/// The seconds of `07:28:00`.
fn parse_time(token: &str) -> Option<u64> {
    let mut parts = token.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

fn full_year(year: u64) -> u64 {
    match year {
        70..=99 => 1900 + year,
        0..=69 => 2000 + year,
        year => year,
    }
}

/// Days from 1970-01-01, in the Gregorian calendar.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    // Years that begin in March end with the leap day.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        let time = parse(text)?;
        Some(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn forms_of_one_date() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06 november 1994 08:49:37",
        ] {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn days_of_leap_years_and_ends_of_centuries() {
        for (text, days) in [
            ("1 Jan 1970 00:00:00", 0),
            ("28 Feb 2000 00:00:00", 11_015),
            ("29 Feb 2000 00:00:00", 11_016),
            ("1 Mar 2000 00:00:00", 11_017),
            ("31 Dec 2023 00:00:00", 19_722),
            ("29 Feb 2024 00:00:00", 19_782),
            ("1 Mar 2100 00:00:00", 47_541),
        ] {
            assert_eq!(seconds(text), Some(days * SECONDS_PER_DAY), "{text}");
        }
        assert_eq!(seconds("Thu, 01 Jan 1601 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Tue, 29 Feb 2000 23:59:59 GMT",
            "Mon, 01 Mar 2100 00:00:01 GMT",
        ] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        for day in (0..60_000).step_by(7) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(day * SECONDS_PER_DAY + 1);
            assert_eq!(parse(&format(time)), Some(time));
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "tomorrow", "06 Nov 1994", "06 Nov 1994 24:00:00", "32 Nov 1994 08:49:37"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
