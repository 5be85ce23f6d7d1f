//! [`Line`]: what one run says on stdout.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::cpu;
use crate::failure::Outcome;

/// A clock that runs for one run.
pub(crate) struct Stopwatch {
    start: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { cpu: cpu::used(), start: Instant::now() }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The line of a run that ends now.
    pub(crate) fn stop(self, bytes: u64, batches: u64, first_batch: Option<Duration>) -> Line {
        let elapsed = self.start.elapsed();
        let cpu = cpu::used().saturating_sub(self.cpu);
        Line { bytes, batches, elapsed, first_batch, cpu }
    }
}

/// One run, as all contestants print it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) bytes: u64,
    pub(crate) batches: u64,
    pub(crate) elapsed: Duration,
    pub(crate) first_batch: Option<Duration>,
    pub(crate) cpu: Duration,
}

impl Line {
    /// Prints the line at once, for those who wait for it.
    pub(crate) fn print(&self) -> Outcome {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{self}")?;
        Ok(out.flush()?)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(f, "bytes={} batches={} seconds={seconds:.6}", self.bytes, self.batches)?;
        write!(f, " GB/s={:.3}", self.bytes as f64 / 1e9 / seconds)?;
        write!(f, " batches/s={:.1}", self.batches as f64 / seconds)?;
        if let Some(first) = self.first_batch {
            write!(f, " first_batch_ms={:.3}", first.as_secs_f64() * 1e3)?;
        }
        write!(f, " cpu_seconds={:.3}", self.cpu.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            bytes: 2_147_483_648,
            batches: 512,
            elapsed: Duration::from_micros(512_345),
            first_batch: Some(Duration::from_micros(1_234)),
            cpu: Duration::from_millis(610),
        }
    }

    #[test]
    fn a_line_reads_as_the_orchestrator_expects() {
        let text = line().to_string();
        assert_eq!(
            text,
            "bytes=2147483648 batches=512 seconds=0.512345 GB/s=4.191 batches/s=999.3 \
             first_batch_ms=1.234 cpu_seconds=0.610"
        );
    }

    #[test]
    fn without_a_first_batch_nothing_is_said_of_it() {
        let text = Line { first_batch: None, ..line() }.to_string();
        assert!(text.ends_with("batches/s=999.3 cpu_seconds=0.610"), "{text}");
    }
}
