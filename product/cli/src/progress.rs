//! Talk and progress, on stderr.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arrow_array::RecordBatch;
use indicatif::{BinaryBytes, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// How often the bar is drawn, in times a second.
const DRAWS: u8 = 8;

const WITH_TOTAL: &str = "{prefix} {bar:24} {human_pos} of {human_len} rows  {msg}  eta {eta}";
const WITHOUT_TOTAL: &str = "{prefix} {spinner} {human_pos} rows  {msg}  {elapsed}";

/// Says a line to the person in front of the terminal.
pub(crate) fn say(line: &str) {
    // A closed stderr is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Rows, bytes, rates and, where the total is known, the time left. Silent where stderr is no
/// terminal. Colours follow `NO_COLOR`.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    bytes: Arc<AtomicU64>,
    started: Instant,
}

impl Progress {
    /// A bar for a transfer called `what` of `rows` rows, if that is known.
    pub(crate) fn new(what: &str, rows: Option<u64>, quiet: bool) -> Self {
        let bar = if quiet || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            visible(what, rows)
        };
        Self { bar, bytes: Arc::default(), started: Instant::now() }
    }

    /// Notes a batch.
    pub(crate) fn batch(&self, batch: &RecordBatch) {
        if self.bar.is_hidden() {
            return;
        }
        let bytes = wingbeat::body_len(batch) as u64;
        let total = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bar.inc(batch.num_rows() as u64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rate for people needs no more than a few digits"
        )]
        let rate = (total as f64 / self.started.elapsed().as_secs_f64().max(1e-3)) as u64;
        self.bar.set_message(format!("{}  {}/s", BinaryBytes(total), BinaryBytes(rate)));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn visible(what: &str, rows: Option<u64>) -> ProgressBar {
    let template = if rows.is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
    let style = ProgressStyle::with_template(template);
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS);
    ProgressBar::with_draw_target(rows, target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(what.to_owned())
        // However the transfer ends, the line is free for what is said about it.
        .with_finish(ProgressFinish::AndClear)
}
