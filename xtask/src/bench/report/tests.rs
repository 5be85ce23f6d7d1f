//! The page, from made-up results.

use super::super::case::{Case, LIMIT, Measure, Transport, WINGBEAT};
use super::super::figures;
use super::super::machine::Machine;
use super::super::results::{Absent, Results, Summary, Version, metric};
use super::super::targets::{self, Verdict};
use super::page;

fn results() -> Results {
    let machine = Machine {
        processor: "Some CPU".to_owned(),
        cores: 2,
        kernel: "Linux 6 x86_64".to_owned(),
        memory_gib: 24,
    };
    let mut results = Results::new("abc123".to_owned(), machine, 3, false);
    let gb = |results: &mut Results, case: &Case, values: &[f64]| {
        for value in values {
            results.record(case, &[(metric::GB_PER_S, *value)]);
        }
    };
    let get = |id| Case::same(Measure::Get, id, "large");
    gb(&mut results, &get(WINGBEAT), &[4.0, 1.0, 4.5]);
    gb(&mut results, &get("cpp"), &[2.0, 2.0, 9.0]);
    gb(&mut results, &get("arrow-rs"), &[2.0]);
    gb(&mut results, &get(LIMIT), &[4.0, 5.0]);
    let crossed = Case::new(Measure::Get, "cpp", WINGBEAT, "large");
    gb(&mut results, &crossed, &[3.0]);
    gb(&mut results, &get("go"), &[1.0]);
    results.fail(&get("go"), "went away".to_owned());
    let latency = |id| Case::same(Measure::Latency, id, "one");
    results.record(&latency(WINGBEAT), &[(metric::INFO_P50, 50.0)]);
    results.record(&latency("cpp"), &[(metric::INFO_P50, 200.0)]);
    results.record(&latency("arrow-rs"), &[(metric::INFO_P50, 60.0)]);
    let copies = |id| Case::same(Measure::CopiesPut, id, "wide");
    results.record(&copies(WINGBEAT), &[(metric::SERVER_COPIES, 0.001)]);
    results.record(&copies("arrow-rs"), &[(metric::SERVER_COPIES, 2.565)]);
    let contestant = "java".to_owned();
    results.absent.push(Absent { contestant, reason: "no Maven".to_owned() });
    let contestant = "cpp".to_owned();
    results.versions.push(Version { contestant, text: "Arrow C++ 26".to_owned() });
    results
}

#[test]
fn medians_are_in_the_middle() {
    let median = |samples: &[f64]| Summary::of(samples).map(|summary| summary.median);
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0]), Some(3.0));
    assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    let summary = Summary::of(&[9.0, 1.0, 2.0]).unwrap();
    assert_eq!((summary.min, summary.max), (1.0, 9.0));
}

#[test]
fn targets_are_judged_by_quotients_of_medians() {
    let results = results();
    let all = targets::all();
    let verdict = |what: &str, against: &str| {
        let found = all.iter().find(|target| target.what == what && target.against == against);
        found.unwrap().verdict(&results)
    };
    assert_eq!(verdict("`large` get", "raw socket"), Verdict::Reached(4.0 / 4.5));
    assert_eq!(verdict("`large` get", "Arrow C++"), Verdict::Reached(2.0));
    assert_eq!(verdict("`large` get", "arrow-rs"), Verdict::Missed(2.0));
    assert_eq!(verdict("`large` put", "Arrow C++"), Verdict::Unknown);
    assert_eq!(verdict("GetFlightInfo p50", "Arrow C++"), Verdict::Reached(0.25));
    assert_eq!(verdict("GetFlightInfo p50", "arrow-rs"), Verdict::Missed(50.0 / 60.0));
    let pair = "`large` get, Arrow C++ server, Wingbeat client";
    assert_eq!(verdict(pair, "Arrow C++ with itself"), Verdict::Reached(1.5));
}

#[test]
fn the_table_of_targets_is_the_issue_s() {
    let all = targets::all();
    assert_eq!(all.len(), 35);
    let bad = all.iter().filter(|target| target.what.is_empty() || target.against.is_empty());
    assert_eq!(bad.count(), 0);
}

#[test]
fn the_page_tells_medians_quotients_and_what_is_missing() {
    let results = results();
    let figures = figures::all(&results);
    let page = page(&results, &figures, Some("Tried **this**.\n"));
    for line in [
        "4 of 6 measured targets are reached. Quotients of medians.",
        "| `large` get | Arrow C++ | ≥ 1.60× | 2.00× | reached |",
        "| `large` get | arrow-rs | ≥ 4.00× | 2.00× | **missed** |",
        "| GetFlightInfo p50 | arrow-rs | ≤ 0.70× | 0.83× | **missed** |",
        "| workload | unit | Wingbeat | Arrow C++ | arrow-rs | Arrow Go | Arrow Java | raw TCP | \
         Wingbeat ÷ raw |",
        "| `large` | GB/s | **4.00** | 2.00 (2.00×) | 2.00 (2.00×) | – | – | 4.50 GB/s | 0.89× |",
        "| GetFlightInfo p50 | TCP | **50.0** | 200 (4.00×) | 60.0 (1.20×) | – | – |",
        "| `wide` put | server | **0.00** | – | 2.56 | – | – |",
        "| Arrow C++ | `large` get | 2.00 | – | 3.00 (1.50×) | 4.00 (2.00×) |",
        "- Arrow Java: no Maven",
        "- get large, go: went away",
        "- Arrow C++: Arrow C++ 26",
        "Tried **this**.",
        "Some CPU, 2 cores, 24 GiB of memory, Linux 6 x86_64. Commit abc123. 3 runs of each \
         series, a warm-up before each run.",
        "![DoGet by workload](charts/get.svg)",
    ] {
        assert!(page.lines().any(|found| found == line), "no line `{line}` in\n{page}");
    }
    assert!(!page.contains("## DoPut"), "what was not measured has no section");
    assert!(!page.contains("put.svg"), "nor a picture");
    assert!(page.ends_with('\n') && !page.ends_with("\n\n"));
    assert!(!page.lines().any(|line| line.ends_with(' ')));
}

#[test]
fn json_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    let results = results();
    results.save(&path).unwrap();
    let mut read = Results::load(&path).unwrap();
    let case = Case::same(Measure::Get, WINGBEAT, "large");
    let index = read.series.iter().position(|series| series.case == case).unwrap();
    let summary = read.series[index].summary[metric::GB_PER_S];
    assert_eq!((summary.median, summary.min, summary.max), (4.0, 1.0, 4.5));
    for series in &mut read.series {
        series.summary.clear();
    }
    assert_eq!(read, results);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 0")).unwrap();
    assert!(Results::load(&path).unwrap_err().ends_with("format 0, not 1"));
}

#[test]
fn over_unix_sockets_is_another_series() {
    let mut results = results();
    let unix = Case::same(Measure::Get, WINGBEAT, "large").with_transport(Transport::Unix);
    assert_eq!(results.median(&unix, metric::GB_PER_S), None);
    results.record(&unix, &[(metric::GB_PER_S, 6.0)]);
    let page = page(&results, &[], None);
    assert!(page.contains("| Wingbeat | 4.00 | 6.00 | 1.50× | – |"), "{page}");
}
