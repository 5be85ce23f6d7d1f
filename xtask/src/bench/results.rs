//! What was measured: every sample, and where and with what it was taken. This is the JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::machine::Machine;
use crate::run::Failure;

/// Names of the samples, each with its unit at the end.
pub(super) mod metric {
    pub(crate) const GB_PER_S: &str = "gb_per_s";
    pub(crate) const BATCHES_PER_S: &str = "batches_per_s";
    pub(crate) const SECONDS: &str = "seconds";
    pub(crate) const FIRST_BATCH_MS: &str = "first_batch_ms";
    pub(crate) const SERVER_CPU: &str = "server_cpu_s_per_gb";
    pub(crate) const CLIENT_CPU: &str = "client_cpu_s_per_gb";
    pub(crate) const INFO_P50: &str = "get_flight_info_p50_us";
    pub(crate) const INFO_P99: &str = "get_flight_info_p99_us";
    pub(crate) const ROW_P50: &str = "do_get_p50_us";
    pub(crate) const ROW_P99: &str = "do_get_p99_us";
    pub(crate) const SERVER_PEAK: &str = "server_peak_mib";
    pub(crate) const CLIENT_PEAK: &str = "client_peak_mib";
    pub(crate) const SERVER_CALLS: &str = "server_calls_per_gb";
    pub(crate) const CLIENT_CALLS: &str = "client_calls_per_gb";
    pub(crate) const SERVER_COPIES: &str = "server_copied_bytes_per_byte";
    pub(crate) const CLIENT_COPIES: &str = "client_copied_bytes_per_byte";
    pub(crate) const IDLE_KIB: &str = "server_kib_per_connection";
}

/// The form of the JSON; another number is another form.
const FORMAT: u32 = 1;

/// Everything that a report is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Results {
    format: u32,
    /// The commit that was measured, with `+` when files differed from it.
    pub(super) commit: String,
    pub(super) machine: Machine,
    /// Runs of each series.
    pub(super) runs: u32,
    /// Whether the runs were shortened.
    pub(super) is_quick: bool,
    pub(super) versions: Vec<Version>,
    /// Contestants that could not take part at all.
    pub(super) absent: Vec<Absent>,
    /// What each contestant agrees on with itself over TLS.
    #[serde(default)]
    pub(super) ciphers: BTreeMap<String, String>,
    pub(super) series: Vec<Series>,
}

/// A contestant and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) contestant: String,
    pub(super) text: String,
}

/// A contestant that could not take part, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Absent {
    pub(super) contestant: String,
    pub(super) reason: String,
}

/// The samples of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) case: Case,
    /// By name of the metric, in the order in which they were taken.
    pub(super) samples: BTreeMap<String, Vec<f64>>,
    /// Median and spread of the samples; for readers of the JSON, made anew when it is written.
    #[serde(default)]
    pub(super) summary: BTreeMap<String, Summary>,
    /// Why there are no more samples.
    pub(super) failure: Option<String>,
}

/// What is told of several samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Results {
    pub(super) fn new(commit: String, machine: Machine, runs: u32, is_quick: bool) -> Self {
        let (versions, absent, ciphers, series) = Default::default();
        let format = FORMAT;
        Self { format, commit, machine, runs, is_quick, versions, absent, ciphers, series }
    }

    /// Reads what [`Results::save`] wrote.
    pub(super) fn load(path: &Path) -> Result<Self, Failure> {
        let context = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| context(&error))?;
        let results: Self = serde_json::from_str(&text).map_err(|error| context(&error))?;
        if results.format != FORMAT {
            return Err(context(&format!("format {}, not {FORMAT}", results.format)));
        }
        Ok(results)
    }

    /// Writes the JSON, the summaries made anew.
    pub(super) fn save(&self, path: &Path) -> Result<(), Failure> {
        let mut results = self.clone();
        for series in &mut results.series {
            let summaries = series
                .samples
                .iter()
                .filter_map(|(name, samples)| Some((name.clone(), Summary::of(samples)?)));
            series.summary = summaries.collect();
        }
        let mut text = serde_json::to_string_pretty(&results).map_err(|error| error.to_string())?;
        text.push('\n');
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Adds one sample of each metric.
    pub(super) fn record(&mut self, case: &Case, samples: &[(&str, f64)]) {
        let series = self.series_mut(case);
        for (name, value) in samples {
            series.samples.entry((*name).to_owned()).or_default().push(*value);
        }
    }

    /// Notes why a case has no more samples.
    pub(super) fn fail(&mut self, case: &Case, reason: String) {
        self.series_mut(case).failure = Some(reason);
    }

    pub(super) fn series(&self, case: &Case) -> Option<&Series> {
        self.series.iter().find(|series| series.case == *case)
    }

    /// The median of a metric. None when the case failed: half a series proves nothing.
    pub(super) fn median(&self, case: &Case, metric: &str) -> Option<f64> {
        let series = self.series(case).filter(|series| series.failure.is_none())?;
        series.samples.get(metric).and_then(|samples| Summary::of(samples)).map(|it| it.median)
    }

    fn series_mut(&mut self, case: &Case) -> &mut Series {
        let known = self.series.iter().position(|series| series.case == *case);
        let index = known.unwrap_or_else(|| {
            let (samples, summary) = Default::default();
            self.series.push(Series { case: case.clone(), samples, summary, failure: None });
            self.series.len() - 1
        });
        &mut self.series[index]
    }
}

impl Summary {
    /// None without samples.
    pub(super) fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Some(Self { median, min, max })
    }
}
