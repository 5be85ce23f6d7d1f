//! `wingbeat put`: local files, or stdin, as flights.

use std::io::Write;

use super::support::{BIRDS_CSV, Server, data_below, start, wingbeat};

struct Setting {
    server: Server,
    served: tempfile::TempDir,
    local: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let (served, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(local.path().join("a.csv"), BIRDS_CSV).unwrap();
        std::fs::write(local.path().join("b.csv"), "id,name\n4,swan\n").unwrap();
        std::fs::write(local.path().join("other.csv"), "id,weight\n4,1.5\n").unwrap();
        Self { server: Server::start(served.path()), served, local }
    }

    fn file(&self, name: &str) -> String {
        self.local.path().join(name).to_str().unwrap().to_owned()
    }

    fn csv(&self, name: &str) -> String {
        wingbeat(["get", &self.server.url(name), "--format", "csv"]).data().to_owned()
    }

    fn names(&self) -> String {
        wingbeat(["ls", &self.server.url("")]).data().to_owned()
    }
}

#[test]
fn a_file_becomes_a_flight_and_the_result_is_told() {
    let set = Setting::new();
    let run = wingbeat(["put", &set.file("a.csv"), &set.server.url("x/birds")]);
    assert_eq!((run.code, run.stdout.len()), (0, 0));
    assert!(run.stderr.contains("x/birds: 3 rows sent, stored as"), "{}", run.stderr);
    assert_eq!(set.csv("x/birds"), BIRDS_CSV);
    let url = set.server.url("x/birds");
    let results = wingbeat(["put", "--json", &set.file("b.csv"), &url]).json_lines();
    assert_eq!((&results[0]["rows"], &results[0]["format"]), (&1.into(), &"parquet".into()));
    assert_eq!(results[0]["url"], url);
    assert_eq!(set.csv("x/birds"), "id,name\n4,swan\n");
    assert_eq!(wingbeat(["put", "-q", &set.file("b.csv"), &url]).data(), "");
}

#[test]
fn several_files_are_one_flight_in_one_upload() {
    let set = Setting::new();
    let (a, b) = (set.file("a.csv"), set.file("b.csv"));
    let results = wingbeat(["put", "--json", &a, &b, &set.server.url("all")]).json_lines();
    assert_eq!((results.len(), &results[0]["rows"]), (1, &4.into()));
    assert_eq!(set.csv("all"), format!("{BIRDS_CSV}4,swan\n"));
}

#[test]
fn a_prefix_makes_a_flight_of_each_file() {
    let set = Setting::new();
    let (a, b) = (set.file("a.csv"), set.file("b.csv"));
    let results = wingbeat(["put", "--json", &a, &b, &set.server.url("in/")]).json_lines();
    assert_eq!(results.len(), 2);
    assert_eq!(set.names(), "in/a\nin/b\n");
    assert_eq!(set.csv("in/b"), "id,name\n4,swan\n");
}

#[test]
fn one_file_that_does_not_fit_sends_nothing() {
    let set = Setting::new();
    let url = set.server.url("all");
    let run = wingbeat(["put", &set.file("a.csv"), &set.file("other.csv"), &url]);
    run.fails(1, &["other.csv has another schema than", "a.csv", "\"weight\"", "\"name\""]);
    let run = wingbeat(["put", &set.file("a.csv"), &set.file("none.csv"), &url]);
    run.fails(1, &["cannot read", "none.csv: No such file"]);
    assert_eq!(set.names(), "");
}

#[test]
fn a_clash_in_the_middle_of_a_file_leaves_the_old_flight() {
    let set = Setting::new();
    let url = set.server.url("birds");
    assert_eq!(wingbeat(["put", "-q", &set.file("a.csv"), &url]).data(), "");
    let text: String = (0..20_000).map(|n| format!("{n},x\n")).collect();
    let late = set.local.path().join("late.csv");
    std::fs::write(&late, format!("id,name\n{text}goose,x\n")).unwrap();
    let run = wingbeat(["put", late.to_str().unwrap(), &url]);
    run.fails(1, &["late.csv line 20002", "\"id\"", "\"goose\"", "Int64"]);
    set.server.log_line(&["DoPut", "CANCELLED"]);
    assert_eq!(set.csv("birds"), BIRDS_CSV);
}

#[test]
fn stdin_is_a_flight_when_its_format_is_named() {
    let set = Setting::new();
    let mut put = start(["put", "-q", "-", &set.server.url("birds"), "--format", "csv"]);
    put.stdin().write_all(BIRDS_CSV.as_bytes()).unwrap();
    assert_eq!(put.end().data(), "");
    assert_eq!(set.csv("birds"), BIRDS_CSV);
    let run = wingbeat(["put", "-", &set.server.url("in/"), "--format", "csv"]);
    run.fails(2, &["has no name"]);
}

#[test]
fn modes_are_kept() {
    let set = Setting::new();
    let (file, url) = (set.file("a.csv"), set.server.url("birds"));
    let put = |mode: &str| wingbeat(["put", "-q", &file, &url, "--mode", mode]);
    assert_eq!(put("create").data(), "");
    put("create").fails(4, &["exists already", "ALREADY_EXISTS"]);
    assert_eq!(put("replace").data(), "");
    put("append").fails(1, &["a single file", "UNIMPLEMENTED"]);
}

#[test]
fn what_is_appended_is_read_at_any_version() {
    let set = Setting::new();
    let (file, url) = (set.file("a.csv"), set.server.url("flock"));
    let put = |mode: &str| wingbeat(["put", "-q", &file, &url, "--mode", mode]);
    put("append").fails(3, &["NOT_FOUND", "create_append"]);
    assert_eq!(put("create_append").data(), "");
    let first = set.csv("flock");
    assert_eq!(put("append").data(), "");
    let (head, rows) = first.split_once('\n').unwrap();
    assert_eq!(set.csv("flock"), format!("{head}\n{rows}{rows}"));
    let get = |more: &[&str]| {
        wingbeat(["get", "-q", &url, "--format", "csv"].iter().chain(more).copied())
    };
    assert_eq!(get(&["--version", "0"]).data(), first);
    assert_eq!(get(&["--at", "2970-01-01T00:00:00Z"]).data(), set.csv("flock"));
    get(&["--version", "2"]).fails(1, &["has no version 2"]);
    let info = wingbeat(["info", &url, "--version", "0", "--json"]);
    assert!(info.data().contains("delta:0:"));
}

#[test]
fn what_the_server_did_not_write_is_replaced_only_on_demand() {
    let set = Setting::new();
    let folder = set.served.path().join("many");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(set.served.path().join("birds.csv"), BIRDS_CSV).unwrap();
    std::fs::write(folder.join("x.csv"), BIRDS_CSV).unwrap();
    assert_eq!(wingbeat(["action", &set.server.url(""), "refresh"]).data(), "");
    let before = data_below(set.served.path());
    for name in ["birds", "many"] {
        let run = wingbeat(["put", &set.file("b.csv"), &set.server.url(name)]);
        run.fails(4, &["FAILED_PRECONDITION", "hint: --mode replace"]);
    }
    for file in before {
        assert_eq!(std::fs::read_to_string(file).unwrap(), BIRDS_CSV);
    }
    let url = set.server.url("birds");
    assert_eq!(wingbeat(["put", "-q", &set.file("b.csv"), &url, "--mode", "replace"]).data(), "");
    assert_eq!(set.csv("birds"), "id,name\n4,swan\n");
}

#[test]
fn the_same_upload_id_writes_once() {
    let set = Setting::new();
    let (file, url) = (set.file("a.csv"), set.server.url("birds"));
    let put = || wingbeat(["put", "--json", &file, &url, "--upload-id", "u-1"]).json_lines();
    let first = put();
    assert_eq!(first[0]["upload_id"], "u-1");
    assert_eq!(put(), first);
}

#[test]
fn the_stored_form_can_be_chosen() {
    let set = Setting::new();
    let (file, url) = (set.file("a.csv"), set.server.url("birds"));
    let run = wingbeat(["put", "--json", &file, &url, "--store-as", "arrow"]);
    assert_eq!(run.json_lines()[0]["format"], "arrow");
    assert!(set.served.path().join("birds.arrow").is_file());
    let run = wingbeat(["put", "--json", &file, &set.server.url(""), "--path", "x", "--path", "y"]);
    assert_eq!(run.json_lines()[0]["url"], set.server.url("x/y"));
    let command = r#"{"dataset":"z","format":"arrow"}"#;
    let run = wingbeat(["put", "--json", &file, &set.server.url(""), "--cmd", command]);
    assert_eq!(run.json_lines()[0]["format"], "arrow");
    assert_eq!(set.csv("z"), BIRDS_CSV);
    let run = wingbeat(["put", &file, &url, "--compression", "rar"]);
    run.fails(1, &["rar"]);
}
