//! The orchestrator with made-up contestants: scripts that keep the contract and move nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::build::Built;
use super::case::{Case, LIMIT, Measure};
use super::contestant::Contestant;
use super::machine::Machine;
use super::results::{Results, metric};
use super::runner::{Runner, Settings, Turn};
use super::workload::{Length, WORKLOADS};
use super::{parts, smoke};

/// Each client says in a log who it is; `put` fails on the second contestant.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0"); me=$(basename "$0")
case "$1" in
server)
    echo "listening on grpc://127.0.0.1:1"; exec sleep 600 ;;
client)
    echo "$me $3 $4" >> "$here/log"
    [ "$me-$3" = cpp-put ] && { echo "cpp: /no/where: broken" >&2; exit 1; }
    [ "$me-$6" = go---streams ] && { echo "go: one stream only" >&2; exit 2; }
    run=0
    while [ $run -lt "$5" ]; do
        run=$((run + 1))
        sums="bytes=1000000000 batches=${4#*:} seconds=0.$run GB/s=$((10 / run)).000"
        echo "$sums cpu_seconds=0.4"
    done ;;
latency)
    echo "get_flight_info calls=$3 p50_us=40 p99_us=90"
    echo "do_get calls=$3 p50_us=50 p99_us=95" ;;
limit)
    echo "bytes=$5 seconds=1.0 GB/s=$(echo "$5" | awk '{ printf "%.3f", $1 / 1e9 }')" ;;
esac
"#;

fn settings(length: Length, runs: u32) -> Settings {
    let workloads = WORKLOADS.iter().map(|workload| workload.name.to_owned()).collect();
    Settings { length, runs, workloads, timeout: Duration::from_secs(60) }
}

fn fake(folder: &Path, id: &str) -> PathBuf {
    let program = folder.join(id);
    std::fs::write(&program, SCRIPT).unwrap();
    let is_ours_to_run = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, is_ours_to_run).unwrap();
    program
}

fn fakes(folder: &Path, ids: &[&str]) -> Built {
    let contestants = ids.iter().map(|id| Contestant::new(id, Some(fake(folder, id))));
    Built {
        contestants: contestants.collect(),
        bench: Some(fake(folder, LIMIT)),
        ..Built::default()
    }
}

fn results() -> Results {
    Results::new("0".to_owned(), Machine::here(), 3, false)
}

fn turns(measure: Measure, ids: &[&str]) -> Vec<Turn> {
    let turn =
        |id: &&str| Turn { case: Case::same(measure, id, "large"), argument: "large:4".to_owned() };
    ids.iter().map(turn).collect()
}

#[test]
fn contestants_alternate_and_the_last_run_counts() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ["wingbeat", "cpp", LIMIT];
    let built = fakes(folder.path(), &ids[..2]);
    let (settings, mut results) = (settings(Length::Quick, 3), results());
    let mut runner = Runner::new(&built, &settings, folder.path(), &mut results);
    runner.alternate(&turns(Measure::Get, &ids), Runner::transfer);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log, "wingbeat get large:4\ncpp get large:4\n".repeat(3));
    for id in &ids[..2] {
        let case = Case::same(Measure::Get, id, "large");
        assert_eq!(results.series(&case).unwrap().samples[metric::GB_PER_S].len(), 3);
        // The first of the two runs warms up.
        assert_eq!(results.median(&case, metric::GB_PER_S), Some(5.0));
        assert_eq!(results.median(&case, metric::BATCHES_PER_S), Some(20.0));
        assert_eq!(results.median(&case, metric::CLIENT_CPU), Some(0.4));
    }
    let limit = results.median(&Case::same(Measure::Get, LIMIT, "large"), metric::GB_PER_S);
    assert!((limit.unwrap() - 0.537).abs() < 0.001, "{limit:?}");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ["wingbeat", "cpp", "nobody"];
    let built = fakes(folder.path(), &ids[..2]);
    let (settings, mut results) = (settings(Length::Quick, 2), results());
    let mut runner = Runner::new(&built, &settings, folder.path(), &mut results);
    runner.alternate(&turns(Measure::Put, &ids), Runner::transfer);
    let reason = |id| {
        let case = Case::same(Measure::Put, id, "large");
        results.series(&case).unwrap().failure.clone()
    };
    assert_eq!(reason("wingbeat"), None);
    assert_eq!(reason("cpp").as_deref(), Some("cpp: where: broken"));
    assert_eq!(reason("nobody").as_deref(), Some("nobody does not take part"));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.matches("cpp put").count(), 1, "it is not tried again:\n{log}");
    assert_eq!(log.matches("wingbeat put").count(), 2, "{log}");
}

#[test]
fn what_is_not_supported_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let built = fakes(folder.path(), &["go"]);
    let (settings, mut results) = (settings(Length::Quick, 1), results());
    let mut runner = Runner::new(&built, &settings, folder.path(), &mut results);
    let case = Case::same(Measure::Streams, "go", "large").with_streams(8, 4);
    let turn = Turn { case: case.clone(), argument: "large:1".to_owned() };
    runner.alternate(&[turn], Runner::transfer);
    let failure = results.series(&case).unwrap().failure.as_deref();
    assert_eq!(failure, Some("not supported: go: one stream only"));
}

#[test]
fn contestants_that_moved_something_else_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let built = fakes(folder.path(), &["wingbeat", "go"]);
    let program = folder.path().join("go");
    let other = SCRIPT.replace("batches=${4#*:}", "batches=7");
    std::fs::write(&program, other).unwrap();
    let (settings, mut results) = (settings(Length::Quick, 1), results());
    let mut runner = Runner::new(&built, &settings, folder.path(), &mut results);
    runner.alternate(&turns(Measure::Get, &["wingbeat", "go"]), Runner::transfer);
    let series = results.series(&Case::same(Measure::Get, "go", "large")).unwrap();
    assert!(series.failure.as_ref().unwrap().contains("in 7 batches"), "{:?}", series.failure);
}

#[test]
fn latency_is_measured_over_both_transports() {
    let folder = tempfile::tempdir().unwrap();
    let built = fakes(folder.path(), &["wingbeat", "go"]);
    let (settings, mut results) = (settings(Length::Quick, 1), results());
    parts::latency::run(&mut Runner::new(&built, &settings, folder.path(), &mut results));
    let over = results.series.iter().map(|series| series.case.describe());
    let over: Vec<String> = over.collect();
    assert_eq!(
        over,
        ["latency one, wingbeat", "latency one, go", "latency one, wingbeat, Unix socket"]
    );
    let case = Case::same(Measure::Latency, "go", "one");
    assert_eq!(results.median(&case, metric::ROW_P99), Some(95.0));
}

#[test]
fn the_short_form_passes_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let built = fakes(folder.path(), &["wingbeat", "python"]);
    smoke::measure(&built, folder.path()).unwrap();
    let built = fakes(folder.path(), &["wingbeat", "cpp"]);
    let failure = smoke::measure(&built, folder.path()).unwrap_err();
    assert!(failure.contains("put large, cpp: cpp: where: broken"), "{failure}");
}

#[test]
fn copies_beyond_the_bound_are_told() {
    let mut results = results();
    let case = |measure| Case::same(measure, "wingbeat", parts::copies::BOUND);
    let both = |server, client| [(metric::SERVER_COPIES, server), (metric::CLIENT_COPIES, client)];
    results.record(&case(Measure::CopiesGet), &both(0.01, 0.02));
    assert_eq!(parts::copies::exceeded(&results), [""; 0]);
    results.record(&case(Measure::CopiesExchange), &both(0.51, 0.02));
    let told = parts::copies::exceeded(&results);
    assert_eq!(told, ["exchange large: the server copies 0.51 bytes of each, 0.05 may be"]);
}
