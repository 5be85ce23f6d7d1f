//! The log of a server.

use serde_json::Value;

use super::support::{BIRDS_CSV, Server, wingbeat};

#[test]
fn json_lines_have_everything_about_a_call() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    std::fs::write(folder.path().join("bad.parquet"), "goose goose goose").unwrap();
    let server = Server::with_args(folder.path(), &["--log-format", "json"]);
    let json = |texts: &[&str]| -> Value { serde_json::from_str(&server.log_line(texts)).unwrap() };
    let url = server.url("birds");
    let got = wingbeat(["get", &url, "--format", "csv", "-H", "x-request-id=r-1"]);
    assert_eq!(got.data(), BIRDS_CSV);
    let call = json(&["DoGet"]);
    assert_eq!(call["request_id"], "r-1");
    assert!(call["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{call}");
    assert_eq!((&call["dataset"], &call["rows"]), (&"birds".into(), &3.into()));
    assert_eq!((&call["code"], &call["level"]), (&"OK".into(), &"INFO".into()));
    assert!(call["bytes"].as_u64().unwrap() > 100 && call["ms"].is_u64(), "{call}");

    wingbeat(["get", &server.url("none"), "-H", "x-request-id=r-2"]).fails(3, &["r-2"]);
    let call = json(&["GetFlightInfo", "r-2"]);
    assert_eq!((&call["code"], &call["dataset"]), (&"NOT_FOUND".into(), &"none".into()));
    assert!(call["error"].as_str().unwrap().contains("none"), "{call}");

    // A corrupt file costs a line, and not the listing.
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    assert_eq!(json(&["ListFlights"])["code"], "OK");
}

#[test]
fn a_log_in_a_file_has_no_colours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    let line = server.log_line(&["ListFlights"]);
    assert!(line.contains("code=\"OK\"") && !line.contains('\x1b'), "{line:?}");
}
