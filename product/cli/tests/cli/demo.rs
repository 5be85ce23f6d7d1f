//! `wingbeat demo`, at its smallest.

use super::support::wingbeat;

#[test]
fn the_demo_prints_a_table_to_stdout() {
    let run = wingbeat(["demo", "--scale", "0.001"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = String::from_utf8(run.stdout).unwrap();
    assert!(text.starts_with("TPC-H lineitem, scale factor 0.001\n"), "{text}");
    for part in ["rows", "bytes", "seconds", "GB/s", "upload", "raw loopback TCP", "6 005"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(text.contains("6 005 rows compared with what was sent, all equal"), "{text}");
    assert!(!run.stderr.contains('\x1b'), "{:?}", run.stderr);
}

#[test]
fn the_demo_speaks_json() {
    let run = wingbeat(["demo", "--scale", "0.001", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["rows_compared_equal"], 6005);
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["step"] == "raw loopback TCP"), "{report}");
}

#[test]
fn a_scale_out_of_range_is_refused() {
    wingbeat(["demo", "--scale", "0"]).fails(2, &["from 0.001 to 1000"]);
}
