//! The lines that contestants print, read and checked.

use std::collections::BTreeMap;

use crate::run::Failure;

/// One run of `client`, or of `limit`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Transfer {
    pub(super) bytes: u64,
    /// Zero for the limit, which knows no batches.
    pub(super) batches: u64,
    pub(super) seconds: f64,
    pub(super) first_batch_ms: Option<f64>,
    pub(super) cpu_seconds: Option<f64>,
}

/// What `latency` prints, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Latency {
    pub(super) info_p50: f64,
    pub(super) info_p99: f64,
    pub(super) row_p50: f64,
    pub(super) row_p99: f64,
}

/// How far the printed rate may be from bytes by seconds: both are rounded.
const RATE_TOLERANCE: f64 = 0.02;

impl Transfer {
    /// Reads one line; what is missing or does not add up is an error.
    pub(super) fn parse(line: &str) -> Result<Self, Failure> {
        let fields = fields(line)?;
        let need =
            |name: &str| fields.get(name).copied().ok_or_else(|| format!("`{line}` lacks {name}"));
        let transfer = Self {
            bytes: whole(need("bytes")?, line)?,
            batches: whole(fields.get("batches").copied().unwrap_or(0.0), line)?,
            seconds: need("seconds")?,
            first_batch_ms: fields.get("first_batch_ms").copied(),
            cpu_seconds: fields.get("cpu_seconds").copied(),
        };
        if transfer.seconds <= 0.0 {
            return Err(format!("`{line}` took no time"));
        }
        let (said, is) = (need("GB/s")?, transfer.gb_per_s());
        // Three decimals of a slow rate say little.
        if (said - is).abs() > RATE_TOLERANCE * is + 0.001 {
            return Err(format!("`{line}` does not add up: bytes by seconds is {is:.3} GB/s"));
        }
        Ok(transfer)
    }

    pub(super) fn gb_per_s(&self) -> f64 {
        self.gigabytes() / self.seconds
    }

    pub(super) fn gigabytes(&self) -> f64 {
        self.bytes as f64 / 1e9
    }

    pub(super) fn batches_per_s(&self) -> f64 {
        self.batches as f64 / self.seconds
    }
}

impl Latency {
    /// Reads both lines, in any order.
    pub(super) fn parse(lines: &[String]) -> Result<Self, Failure> {
        let find = |name: &str| {
            let line = lines.iter().find_map(|line| line.strip_prefix(name));
            let line = line.ok_or_else(|| format!("no line `{name}` in {lines:?}"))?;
            let fields = fields(line)?;
            let need = |field: &str| {
                fields.get(field).copied().ok_or_else(|| format!("`{name}{line}` lacks {field}"))
            };
            Ok::<_, Failure>((need("p50_us")?, need("p99_us")?))
        };
        let (info_p50, info_p99) = find("get_flight_info")?;
        let (row_p50, row_p99) = find("do_get")?;
        Ok(Self { info_p50, info_p99, row_p50, row_p99 })
    }
}

fn fields(line: &str) -> Result<BTreeMap<&str, f64>, Failure> {
    let field = |word: &'_ str| {
        let (_, value) = word.split_once('=')?;
        value.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0)
    };
    let mut fields = BTreeMap::new();
    for word in line.split_whitespace() {
        let value = field(word).ok_or_else(|| format!("`{word}` in `{line}` is no NAME=NUMBER"))?;
        let name = word.split('=').next().unwrap_or(word);
        fields.insert(name, value);
    }
    Ok(fields)
}

fn whole(value: f64, line: &str) -> Result<u64, Failure> {
    if value.fract() == 0.0 && value < 9e15 {
        Ok(value as u64)
    } else {
        Err(format!("`{line}` counts in fractions"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Latency, Transfer};

    const LINE: &str = "bytes=2147483648 batches=512 seconds=0.512345 GB/s=4.191 \
                        batches/s=999.3 first_batch_ms=1.234 cpu_seconds=0.61";

    #[test]
    fn a_run_is_read() {
        let run = Transfer::parse(LINE).unwrap();
        assert_eq!((run.bytes, run.batches), (2_147_483_648, 512));
        assert_eq!((run.first_batch_ms, run.cpu_seconds), (Some(1.234), Some(0.61)));
        assert!((run.batches_per_s() - 999.3).abs() < 0.1);
    }

    #[test]
    fn the_limit_knows_no_batches() {
        let run = Transfer::parse("bytes=1000000000 seconds=0.5 GB/s=2.000").unwrap();
        assert_eq!((run.batches, run.first_batch_ms), (0, None));
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        for (line, what) in [
            ("bytes=1000000000 batches=1 seconds=1 GB/s=2", "does not add up"),
            ("bytes=1000000000 batches=1 GB/s=2", "lacks seconds"),
            ("bytes=1 seconds=0 GB/s=0", "took no time"),
            ("bytes=1.5 seconds=1 GB/s=0", "fractions"),
            ("warming up", "no NAME=NUMBER"),
            ("bytes=nan seconds=1 GB/s=0", "no NAME=NUMBER"),
            ("", "lacks bytes"),
        ] {
            let error = Transfer::parse(line).unwrap_err();
            assert!(error.contains(what), "{line}: {error}");
        }
    }

    #[test]
    fn latency_is_two_lines() {
        let lines = [
            "do_get calls=9 p50_us=80.5 p99_us=200",
            "get_flight_info calls=9 p50_us=40 \
                      p99_us=90",
        ];
        let latency = Latency::parse(&lines.map(str::to_owned)).unwrap();
        assert_eq!((latency.info_p50, latency.info_p99), (40.0, 90.0));
        assert_eq!((latency.row_p50, latency.row_p99), (80.5, 200.0));
        let error = Latency::parse(&[lines[0].to_owned()]).unwrap_err();
        assert!(error.contains("get_flight_info"), "{error}");
    }
}
