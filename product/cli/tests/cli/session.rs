//! `wingbeat session`, and the cookies that it keeps between commands.

use std::os::unix::fs::PermissionsExt as _;

use wingbeat::{FlightService, SessionOptionKind, Sessions};

use super::support::{Foreign, wingbeat};

struct Empty;
impl FlightService for Empty {}

fn server() -> Foreign {
    let sessions = Sessions::in_memory()
        .option("text", SessionOptionKind::String)
        .option("size", SessionOptionKind::Int64)
        .option("names", SessionOptionKind::StringList);
    Foreign::start_with(Empty, |server| server.sessions(sessions))
}

#[test]
fn a_session_lasts_from_one_command_to_the_next() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let url = server.url("");
    let jar = folder.path().join("jar");
    let kept = jar.to_str().unwrap();
    let session = |args: &[&str]| {
        wingbeat(["session", args[0], &url, "--cookies", kept].iter().chain(&args[1..]))
    };
    session(&["get"]).fails(3, &["there is no session"]);
    assert_eq!(session(&["set", "text=a b", "size=7", "names:=[\"x\",\"y\"]"]).data(), "");
    let mode = jar.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let cookie = std::fs::read_to_string(&jar).unwrap();
    let expected = format!("# {}\narrow_flight_session_id=", url.trim_end_matches('/'));
    assert!(cookie.starts_with(&expected), "{cookie}");
    // Another server gets none of it, and leaves it as it is.
    let other = Foreign::start_with(Empty, |server| server.sessions(Sessions::in_memory()));
    let elsewhere = ["session", "get", &other.url(""), "--cookies", kept];
    wingbeat(elsewhere).fails(3, &["there is no session"]);
    assert_eq!(std::fs::read_to_string(&jar).unwrap(), cookie);
    assert_eq!(session(&["get"]).data(), "names:=[\"x\",\"y\"]\nsize:=7\ntext=a b\n");
    let json = session(&["get", "--json"]);
    let json: serde_json::Value = serde_json::from_str(json.data()).unwrap();
    assert_eq!(json, serde_json::json!({"names": ["x", "y"], "size": 7, "text": "a b"}));

    session(&["set", "size=x", "other=1", "text:=null"])
        .fails(1, &["other: INVALID_NAME", "size: INVALID_VALUE"]);
    assert_eq!(session(&["get"]).data(), "names:=[\"x\",\"y\"]\nsize:=7\n");
    assert_eq!(session(&["close"]).data(), "");
    assert_eq!(std::fs::read_to_string(&jar).unwrap(), "");
    session(&["get"]).fails(3, &["there is no session"]);
    // What is left of it elsewhere is refused, and gone.
    std::fs::write(&jar, &cookie).unwrap();
    session(&["get"]).fails(4, &["the session is not valid"]);
    assert_eq!(std::fs::read_to_string(&jar).unwrap(), "");
}

#[test]
fn a_session_needs_something_to_be_found_by() {
    let server = server();
    let url = server.url("");
    wingbeat(["session", "set", &url, "text=a"]).fails(2, &["--cookies FILE"]);
    wingbeat(["session", "get", &url, "--cookies", "/no/such/folder/jar"])
        .fails(2, &["/no/such/folder/jar"]);
    wingbeat(["session", "set", &url, "text", "--cookies", "/tmp"]).fails(2, &["KEY=TEXT"]);
    let folder = tempfile::tempdir().unwrap();
    let header = |token: &str| {
        let file = folder.path().join(token);
        std::fs::write(&file, format!("Bearer {token}\n")).unwrap();
        format!("authorization=@{}", file.display())
    };
    let (x, y) = (header("x"), header("y"));
    assert_eq!(wingbeat(["session", "set", &url, "text=a", "-H", &x]).data(), "");
    assert_eq!(wingbeat(["session", "get", &url, "-H", &x]).data(), "text=a\n");
    wingbeat(["session", "get", &url, "-H", &y]).fails(3, &["no session"]);
}
