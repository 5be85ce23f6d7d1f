//! The table that the demo prints.

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use super::Volume;

/// One step of the demo.
#[derive(Debug)]
pub(super) struct Line {
    what: &'static str,
    volume: Volume,
    elapsed: Duration,
}

impl Line {
    pub(super) fn new(what: &'static str, volume: Volume, elapsed: Duration) -> Self {
        Self { what, volume, elapsed }
    }

    /// GB (10^9 bytes) of Arrow data a second.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than a few digits")]
    fn rate(&self) -> f64 {
        self.volume.bytes as f64 / 1e9 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// What the demo found.
#[derive(Debug)]
pub(super) struct Report {
    scale: f64,
    lines: Vec<Line>,
    verified: Option<(u64, Duration)>,
}

impl Report {
    pub(super) fn new(scale: f64) -> Self {
        Self { scale, lines: Vec::new(), verified: None }
    }

    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Notes that `rows` rows came back as they were sent.
    pub(super) fn verified(&mut self, rows: u64, elapsed: Duration) {
        self.verified = Some((rows, elapsed));
    }

    /// The same for programs.
    pub(super) fn json(&self) -> serde_json::Value {
        let steps: Vec<_> = self
            .lines
            .iter()
            .map(|line| {
                json!({
                    "step": line.what,
                    "rows": line.volume.rows,
                    "bytes": line.volume.bytes,
                    "seconds": line.elapsed.as_secs_f64(),
                    "gb_per_s": line.rate(),
                })
            })
            .collect();
        let equal = self.verified.map(|(rows, _)| rows);
        json!({ "scale": self.scale, "steps": steps, "rows_compared_equal": equal })
    }

    pub(super) fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "TPC-H lineitem, scale factor {}", self.scale)?;
        writeln!(out, "{:<36} {:>12} {:>15} {:>9} {:>7}", "", "rows", "bytes", "seconds", "GB/s")?;
        for line in &self.lines {
            let seconds = line.elapsed.as_secs_f64();
            let (rows, bytes) = (count(line.volume.rows), count(line.volume.bytes));
            if line.volume.bytes == 0 {
                writeln!(out, "{:<36} {rows:>12} {:>15} {seconds:>9.3}", line.what, "")?;
            } else {
                let rate = line.rate();
                let what = line.what;
                writeln!(out, "{what:<36} {rows:>12} {bytes:>15} {seconds:>9.3} {rate:>7.2}")?;
            }
        }
        if let Some((rows, elapsed)) = self.verified {
            let seconds = elapsed.as_secs_f64();
            writeln!(
                out,
                "{} rows compared with what was sent, all equal ({seconds:.1} s)",
                count(rows)
            )?;
        }
        out.flush()
    }
}

/// A count with its thousands apart; nothing for 0.
fn count(n: u64) -> String {
    if n == 0 {
        return String::new();
    }
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (n, expected) in [(0, ""), (7, "7"), (1234, "1 234"), (6_001_215, "6 001 215")] {
            assert_eq!(count(n), expected);
        }
    }

    #[test]
    fn no_line_ends_in_spaces() {
        let mut report = Report::new(1.0);
        for volume in [Volume { rows: 1, bytes: 0 }, Volume { rows: 7, bytes: 9 }] {
            report.add(Line::new("step", volume, Duration::from_secs(1)));
        }
        let mut out = Vec::new();
        report.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().all(|line| line == line.trim_end()), "{text:?}");
    }

    #[test]
    fn a_rate_is_bytes_by_seconds() {
        let volume = Volume { rows: 1, bytes: 3_000_000_000 };
        let line = Line::new("x", volume, Duration::from_secs(2));
        assert!((line.rate() - 1.5).abs() < 1e-9);
    }
}
