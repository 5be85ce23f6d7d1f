//! `wingbeat get`: what to read, and where it goes.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wingbeat_store::Format;

use super::support::{
    BIRDS_CSV, BIRDS_NDJSON, Server, batch, files_below, start, wingbeat, write_file,
};

fn birds() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    (folder, server)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn stdout_has_the_data_and_nothing_else() {
    let (_folder, server) = birds();
    let get = |format| wingbeat(["get", &server.url("birds"), "--format", format]);
    assert_eq!(get("csv").data(), BIRDS_CSV);
    assert_eq!(get("ndjson").data(), BIRDS_NDJSON);
    let table = "+----+-------+\n| id | name  |\n+----+-------+\n| 1  | goose |\n\
                 | 2  | duck  |\n| 3  |       |\n+----+-------+\n";
    assert_eq!(get("table").data(), table);
}

#[test]
fn columns_filters_limit_and_offset_narrow_the_read() {
    let (_folder, server) = birds();
    let get = |args: &[&str]| {
        let url = server.url("birds");
        let args = [&["get", &url, "--format", "csv"], args].concat();
        wingbeat(args)
    };
    assert_eq!(get(&["--columns", "name,id", "--limit", "1"]).data(), "name,id\ngoose,1\n");
    assert_eq!(get(&["--filter", "id >= 2", "--columns", "id"]).data(), "id\n2\n3\n");
    let both = get(&["--filter", "id>1", "--filter", "name = duck"]);
    assert_eq!(both.data(), "id,name\n2,duck\n");
    assert_eq!(get(&["--offset", "2"]).data(), "id,name\n3,\n");
    get(&["--columns", "nme"]).fails(1, &["\"nme\"", "name"]);
    get(&["--filter", "id > many"]).fails(1, &["\"id\"", "\"many\"", "Int64"]);
}

#[test]
fn a_flight_is_named_by_command_ticket_or_components() {
    let (folder, server) = birds();
    let get = |args: &[&str]| {
        let url = server.url("");
        wingbeat([&["get", &url, "--format", "csv"], args].concat())
    };
    assert_eq!(get(&["--cmd", "birds"]).data(), BIRDS_CSV);
    assert_eq!(get(&["--cmd", r#"{"dataset":"birds","limit":0}"#]).data(), "id,name\n");
    assert_eq!(get(&["--ticket", "birds"]).data(), BIRDS_CSV);
    assert_eq!(get(&["--path", "birds"]).data(), BIRDS_CSV);
    get(&["--path", "birds", "--path", "x"]).fails(3, &["\"birds/x\""]);
    let file = folder.path().join(".command");
    std::fs::write(&file, "birds").unwrap();
    assert_eq!(get(&["--cmd", &format!("@{}", file.display())]).data(), BIRDS_CSV);
}

#[test]
fn headers_come_from_arguments_and_files() {
    let (folder, server) = birds();
    let file = folder.path().join(".id");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let header = format!("x-request-id=@{}", file.display());
    let run = wingbeat(["get", &server.url("none"), "-H", &header]);
    run.fails(3, &["(request id from-a-file)"]);
    let run = wingbeat(["get", &server.url("none"), "-H", "X-Request-Id=direct"]);
    run.fails(3, &["(request id direct)"]);
}

#[test]
fn names_are_percent_decoded_and_cannot_climb_out() {
    let (folder, server) = birds();
    std::fs::write(folder.path().join("50% é.csv"), BIRDS_CSV).unwrap();
    assert_eq!(wingbeat(["action", &server.url(""), "refresh"]).data(), "");
    let got = wingbeat(["get", &server.url("50%25%20%C3%A9"), "--format", "csv"]);
    assert_eq!(got.data(), BIRDS_CSV);
    for name in ["../etc/passwd", "%2e%2e/x", "a%2F..%2F..%2Fx", "%00"] {
        wingbeat(["get", &server.url(name)]).fails(1, &["INVALID_ARGUMENT"]);
    }
    for name in ["/etc/passwd", "a/../../x"] {
        let run = wingbeat(["get", &server.url(""), "--cmd", name]);
        run.fails(1, &["invalid dataset name"]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("big.arrow"), Format::Arrow, false, &vec![batch(0, 50_000); 8]);
    let server = Server::start(folder.path());
    for format in ["csv", "ndjson", "arrows"] {
        let mut get = start(["get", &server.url("big"), "--format", format]);
        get.stdout().read_exact(&mut [0; 10]).unwrap();
        let run = get.end();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format}");
    }
}

#[test]
fn a_file_appears_whole_with_the_usual_or_the_old_mode() {
    let (_folder, server) = birds();
    let out = tempfile::tempdir().unwrap();
    let (target, plain) = (out.path().join("x.csv"), out.path().join("plain"));
    std::fs::write(&plain, "").unwrap();
    let mode = |file: &Path| file.metadata().unwrap().permissions().mode();
    assert_eq!(wingbeat(["get", &server.url("birds"), "-o", path(&target)]).data(), "");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), BIRDS_CSV);
    assert_eq!(mode(&target), mode(&plain));
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(wingbeat(["get", &server.url("birds"), "-o", path(&target)]).data(), "");
    assert_eq!(mode(&target) & 0o777, 0o600);
    assert_eq!(files_below(out.path()), [plain, target]);
}

#[test]
fn a_failure_in_the_middle_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    // The clash comes after the rows that the types are inferred from.
    let text: String = (0..20_000).map(|n| format!("{n}\n")).collect();
    std::fs::write(folder.path().join("late.csv"), format!("n\n{text}goose\n")).unwrap();
    let server = Server::start(folder.path());
    let out = tempfile::tempdir().unwrap();
    let target = out.path().join("x.parquet");
    let run = wingbeat(["get", &server.url("late"), "-o", path(&target)]);
    run.fails(1, &["late.csv", "line 20002", "\"n\"", "\"goose\"", "DATA_LOSS", "request id"]);
    assert!(files_below(out.path()).is_empty());
    std::fs::write(&target, "old").unwrap();
    let run = wingbeat(["get", &server.url("late"), "-o", path(&target)]);
    assert_eq!(run.code, 1);
    assert_eq!(files_below(out.path()), std::slice::from_ref(&target));
    assert_eq!(std::fs::read(&target).unwrap(), b"old");
}

#[test]
fn a_format_that_cannot_hold_the_schema_fails_before_data() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"id":1,"tags":["a","b"],"at":{"x":1}}"#;
    std::fs::write(folder.path().join("nested.ndjson"), format!("{line}\n")).unwrap();
    let server = Server::start(folder.path());
    let url = server.url("nested");
    let run = wingbeat(["get", &url, "--format", "csv"]);
    run.fails(1, &["csv cannot hold", "\"tags\"", "\"at\""]);
    let out = tempfile::tempdir().unwrap();
    let run = wingbeat(["get", &url, "-o", path(&out.path().join("x.csv"))]);
    run.fails(1, &["csv cannot hold"]);
    assert!(files_below(out.path()).is_empty());
    assert_eq!(wingbeat(["get", &url, "--format", "ndjson"]).data(), format!("{line}\n"));
}

#[test]
fn targets_that_take_nothing_are_named() {
    let (_folder, server) = birds();
    let url = server.url("birds");
    let run = wingbeat(["get", &url, "-o", "/dev/full", "--format", "csv"]);
    run.fails(1, &["cannot write /dev/full", "No space left"]);
    let run = wingbeat(["get", &url, "-o", "/no/such/folder/x.csv"]);
    run.fails(1, &["cannot write /no/such/folder/x.csv: No such file or directory"]);
    assert!(!run.stderr.contains(".part"), "{}", run.stderr);
    assert_eq!(wingbeat(["get", &url, "-o", "/dev/null", "--format", "csv"]).data(), "");
}

#[test]
fn a_table_shows_the_first_rows_and_says_how_many_more_there_are() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("big.parquet"), Format::Parquet, false, &[batch(0, 5000)]);
    let server = Server::start(folder.path());
    let table = |args: &[&str]| {
        let url = server.url("big");
        wingbeat([&["get", &url, "--format", "table"], args].concat())
    };
    assert!(table(&[]).data().ends_with("+\n... and 4000 rows more\n"));
    assert_eq!(table(&["--limit", "2000"]).data().lines().count(), 2004);
}
