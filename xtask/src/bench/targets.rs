//! What Wingbeat is meant to reach, as a table, and whether it does.

use super::case::{Case, LIMIT, Measure, Transport, WINGBEAT};
use super::contestant::label;
use super::results::{Results, metric};

/// One promise: `ours` compared with `theirs`.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) what: String,
    pub(super) against: String,
    ours: Case,
    theirs: Case,
    metric: &'static str,
    pub(super) bound: Bound,
}

/// Where the quotient of ours by theirs should lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Reached(f64),
    Missed(f64),
    /// One of both sides was not measured.
    Unknown,
}

/// One stream over TCP, the same library on both sides: measure, workload, against whom, at least.
const SAME: &[(Measure, &str, &str, f64)] = &[
    (Measure::Get, "large", LIMIT, 0.85),
    (Measure::Get, "large", "cpp", 1.6),
    (Measure::Get, "large", "arrow-rs", 4.0),
    (Measure::Put, "large", LIMIT, 0.85),
    (Measure::Put, "large", "cpp", 1.6),
    (Measure::Put, "large", "arrow-rs", 4.0),
    (Measure::Get, "medium", LIMIT, 0.8),
    (Measure::Get, "medium", "cpp", 2.0),
    (Measure::Get, "medium", "arrow-rs", 2.0),
    (Measure::Get, "small", "cpp", 3.0),
    (Measure::Get, "small", "arrow-rs", 3.0),
    (Measure::Put, "small", "cpp", 3.0),
    (Measure::Put, "small", "arrow-rs", 3.0),
    (Measure::Get, "tiny", "cpp", 5.0),
    (Measure::Get, "tiny", "arrow-rs", 2.0),
    (Measure::Get, "wide", "cpp", 1.8),
    (Measure::Get, "wide", "arrow-rs", 4.0),
    (Measure::Get, "strings", "cpp", 1.8),
    (Measure::Get, "strings", "arrow-rs", 4.0),
    (Measure::Exchange, "large", "cpp", 1.6),
    (Measure::Get, "lz4", "cpp", 1.0),
    (Measure::Put, "lz4", "cpp", 1.0),
    (Measure::Get, "zstd", "cpp", 1.0),
    (Measure::Put, "zstd", "cpp", 1.0),
];

/// Pairs of two libraries, DoGet of `large`: server, client, against whom with itself, at least.
const PAIRS: &[(&str, &str, &str, f64)] = &[
    (WINGBEAT, "python", "python", 1.15),
    ("cpp", WINGBEAT, "cpp", 1.15),
    (WINGBEAT, "arrow-rs", "arrow-rs", 1.5),
    ("arrow-rs", WINGBEAT, "arrow-rs", 1.5),
];

/// The median of GetFlightInfo: against whom, at most.
const LATENCY: &[(&str, f64)] = &[("cpp", 0.4), ("arrow-rs", 0.7)];

/// The product, against the same work in one process: at least.
const PRODUCT: &[(Measure, &str, f64)] = &[
    (Measure::Read, "a Parquet file through `wingbeat serve`", 0.9),
    (Measure::Write, "DoPut landing as Parquet", 0.9),
];

/// All targets, in the order in which they are reported.
pub(super) fn all() -> Vec<Target> {
    let mut targets = Vec::new();
    for (measure, workload, id, factor) in SAME {
        let target = Target {
            what: format!("`{workload}` {}", measure.name()),
            against: label(id).to_owned(),
            ours: Case::same(*measure, WINGBEAT, workload),
            theirs: Case::same(*measure, id, workload),
            metric: metric::GB_PER_S,
            bound: Bound::AtLeast(*factor),
        };
        targets.push(target);
    }
    for (id, factor) in LATENCY {
        let case = |id| Case::same(Measure::Latency, id, "one");
        targets.push(Target {
            what: "GetFlightInfo p50".to_owned(),
            against: label(id).to_owned(),
            ours: case(WINGBEAT),
            theirs: case(id),
            metric: metric::INFO_P50,
            bound: Bound::AtMost(*factor),
        });
    }
    let large = |id, over| Case::same(Measure::Get, id, "large").with_transport(over);
    let theirs = [
        ("Wingbeat over TCP", large(WINGBEAT, Transport::Tcp), 1.0),
        ("raw Unix socket", large(LIMIT, Transport::Unix), 0.85),
    ];
    targets.extend(theirs.map(|(against, theirs, factor)| Target {
        what: "`large` get, Unix socket".to_owned(),
        against: against.to_owned(),
        ours: large(WINGBEAT, Transport::Unix),
        theirs,
        metric: metric::GB_PER_S,
        bound: Bound::AtLeast(factor),
    }));
    targets.push(Target {
        what: "`large` get, TLS".to_owned(),
        against: label("cpp").to_owned(),
        ours: large(WINGBEAT, Transport::Tls),
        theirs: large("cpp", Transport::Tls),
        metric: metric::GB_PER_S,
        bound: Bound::AtLeast(1.3),
    });
    targets.extend(PAIRS.iter().map(|(server, client, id, factor)| Target {
        what: format!("`large` get, {} server, {} client", label(server), label(client)),
        against: format!("{} with itself", label(id)),
        ours: Case::new(Measure::Get, server, client, "large"),
        theirs: Case::same(Measure::Get, id, "large"),
        metric: metric::GB_PER_S,
        bound: Bound::AtLeast(*factor),
    }));
    targets.extend(PRODUCT.iter().map(|(measure, what, factor)| Target {
        what: (*what).to_owned(),
        against: "the same locally".to_owned(),
        ours: product(*measure, Transport::Tcp),
        theirs: product(*measure, Transport::Local),
        metric: metric::GB_PER_S,
        bound: Bound::AtLeast(*factor),
    }));
    targets
}

/// The product's cases: through the server, or in one process.
pub(super) fn product(measure: Measure, transport: Transport) -> Case {
    Case::same(measure, WINGBEAT, "parquet").with_transport(transport)
}

impl Target {
    /// The quotient of the medians, ours by theirs.
    pub(super) fn ratio(&self, results: &Results) -> Option<f64> {
        let ours = results.median(&self.ours, self.metric)?;
        let theirs = results.median(&self.theirs, self.metric)?;
        (theirs > 0.0).then(|| ours / theirs)
    }

    pub(super) fn verdict(&self, results: &Results) -> Verdict {
        let Some(ratio) = self.ratio(results) else { return Verdict::Unknown };
        let is_reached = match self.bound {
            Bound::AtLeast(factor) => ratio >= factor,
            Bound::AtMost(factor) => ratio <= factor,
        };
        if is_reached { Verdict::Reached(ratio) } else { Verdict::Missed(ratio) }
    }
}
