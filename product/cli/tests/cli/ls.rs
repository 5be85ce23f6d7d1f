//! `wingbeat ls`, `info`, `schema`, `actions`, `action` and `ping`.

use serde_json::json;
use wingbeat_store::Format;

use super::support::{BIRDS_CSV, Server, batch, wingbeat, write_file};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sub = folder.path().join("sub");
    std::fs::create_dir(&sub).unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    std::fs::write(folder.path().join("a b.csv"), BIRDS_CSV).unwrap();
    std::fs::write(sub.join("x.csv"), BIRDS_CSV).unwrap();
    // Two formats: the folder is no flight, its files are.
    write_file(&sub.join("y.parquet"), Format::Parquet, false, &[batch(0, 10)]);
    write_file(&sub.join("z.arrow"), Format::Arrow, false, &[batch(0, 10)]);
    folder
}

#[test]
fn a_server_a_prefix_a_folder_and_a_flight_are_listed() {
    let folder = folder();
    let server = Server::start(folder.path());
    let ls = |path: &str| wingbeat(["ls", &server.url(path)]);
    assert_eq!(ls("birds").data(), "birds\n");
    assert_eq!(ls("a%20b").data(), "a b\n");
    let all = ls("");
    assert!(all.data().starts_with("a b\nbirds\nsub"), "{}", all.data());
    let below = ls("sub/");
    assert_eq!(below.data(), ls("sub").data());
    assert_eq!(below.data(), all.data().strip_prefix("a b\nbirds\n").unwrap());
    assert_eq!(ls("none/").data(), "");
    ls("none").fails(3, &["\"none\"", "NOT_FOUND"]);
    let glob = wingbeat(["ls", &server.url(""), "--criteria", "b*"]);
    assert_eq!(glob.data(), "birds\n");
}

#[test]
fn a_long_listing_off_a_terminal_is_exact_and_has_no_header() {
    let folder = tempfile::tempdir().unwrap();
    write_file(&folder.path().join("y.parquet"), Format::Parquet, false, &[batch(0, 12_345)]);
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let bytes = folder.path().join("y.parquet").metadata().unwrap().len().to_string();
    let server = Server::start(folder.path());
    let listing = wingbeat(["ls", "-l", &server.url("")]);
    let words: Vec<Vec<&str>> =
        listing.data().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        words,
        [vec!["-", "-", "2", "csv", "birds"], vec!["12345", &bytes, "3", "parquet", "y"],]
    );
}

#[test]
fn json_is_a_flight_a_line_with_its_url() {
    let folder = folder();
    let server = Server::start(folder.path());
    let flights = wingbeat(["ls", "--json", &server.url("")]).json_lines();
    assert_eq!(flights[0]["descriptor"], json!({ "path": ["a b"] }));
    assert_eq!(flights[0]["total_records"], -1);
    assert_eq!(flights[0]["schema"]["fields"][0]["type"], "Int64");
    let url = flights[0]["url"].as_str().unwrap();
    assert_eq!(url, server.url("a%20b"));
    assert_eq!(wingbeat(["get", url, "--format", "csv"]).data(), BIRDS_CSV);
}

#[test]
fn info_and_schema_tell_what_the_server_knows() {
    let folder = folder();
    let server = Server::start(folder.path());
    let info = wingbeat(["info", "--json", &server.url("sub/y.parquet")]);
    let info: serde_json::Value = serde_json::from_str(info.data()).unwrap();
    assert_eq!(info["total_records"], 10);
    assert_eq!(info["schema"]["fields"][2]["name"], "weight");
    let metadata =
        serde_json::from_str::<serde_json::Value>(info["app_metadata"].as_str().unwrap());
    assert_eq!(metadata.unwrap()["format"], "parquet");
    assert_eq!(wingbeat(["schema", &server.url("birds")]).data(), "id: Int64\nname: Utf8\n");
    let text = wingbeat(["info", &server.url("birds")]);
    assert!(text.data().contains("rows          not known\n"), "{}", text.data());
    wingbeat(["info", &server.url("none")]).fails(3, &["NOT_FOUND"]);
}

#[test]
fn a_ticket_from_info_is_redeemed() {
    let folder = folder();
    let server = Server::start(folder.path());
    let info = wingbeat(["info", "--json", &server.url("birds")]);
    let info: serde_json::Value = serde_json::from_str(info.data()).unwrap();
    let endpoint = &info["endpoints"][0];
    let ticket = match endpoint["ticket"].as_str() {
        Some(ticket) => ticket.as_bytes().to_vec(),
        None => {
            use base64::Engine as _;
            let text = endpoint["ticket_base64"].as_str().unwrap();
            base64::engine::general_purpose::STANDARD.decode(text).unwrap()
        }
    };
    let file = folder.path().join(".ticket");
    std::fs::write(&file, ticket).unwrap();
    let argument = format!("@{}", file.display());
    let got = wingbeat(["get", &server.url(""), "--ticket", &argument, "--format", "csv"]);
    assert_eq!(got.data(), BIRDS_CSV);
}

#[test]
fn actions_are_listed_and_run() {
    let folder = folder();
    let server = Server::start(folder.path());
    let actions = wingbeat(["actions", "--json", &server.url("")]).json_lines();
    let types: Vec<&str> = actions.iter().filter_map(|action| action["type"].as_str()).collect();
    for expected in ["drop", "refresh"] {
        assert!(types.contains(&expected), "{types:?}");
    }
    assert_eq!(wingbeat(["action", &server.url(""), "refresh"]).data(), "");
    let info = wingbeat(["action", "--json", &server.url(""), "server_info"]).json_lines();
    assert!(info[0]["text"].as_str().unwrap().contains("\"writes\":true"), "{info:?}");
    let unknown = wingbeat(["action", &server.url(""), "nonsense"]);
    unknown.fails(1, &["\"nonsense\"", "UNIMPLEMENTED"]);
}

#[test]
fn ping_tells_times() {
    let folder = folder();
    let server = Server::start(folder.path());
    let ping = wingbeat(["ping", "--json", "-n", "3", &server.url("")]).json_lines();
    assert_eq!(ping[0]["calls"], 3);
    assert!(ping[0]["median_us"].as_u64().unwrap() <= ping[0]["max_us"].as_u64().unwrap());
}
