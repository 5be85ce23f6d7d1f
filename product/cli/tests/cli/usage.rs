//! Help, mistakes in the command line, servers that are not there.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::support::wingbeat;

/// A URL at which nobody listens: the port was free a moment ago.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("grpc://{}", listener.local_addr().unwrap())
}

#[test]
fn help_has_the_grammar_and_the_exit_codes() {
    let help = wingbeat(["--help"]);
    let text = help.data();
    for part in [
        "grpc://HOST[:PORT][/PATH]",
        "8815",
        "percent-decoded",
        "trailing slash",
        "grpc+unix:///SOCKET[?path=P]",
        "Exit codes:",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    for command in ["ls", "info", "schema", "get", "put", "rm", "exchange", "action", "ping"] {
        let help = wingbeat([command, "--help"]);
        assert!(help.data().contains("grpc+unix:///SOCKET[?path=P]"), "{command}");
    }
}

#[test]
fn completion_scripts_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = wingbeat(["completion", shell]);
        assert!(script.data().contains("exchange"), "{shell}");
    }
}

#[test]
fn mistakes_exit_with_2_before_anybody_is_asked() {
    let url = nobody();
    let flight = format!("{url}/birds");
    for (args, text) in [
        (vec!["ls", "localhost:8815"], "no scheme"),
        (vec!["ls", "http://localhost"], "unknown scheme"),
        (vec!["ls", "grpc://h:port"], "port"),
        (vec!["get", "grpc://h/a?b"], "%3F"),
        (vec!["get", &url], "names no flight"),
        (vec!["get", "grpc://h/in/"], "wingbeat ls"),
        (vec!["get", &flight, "-o", "x.docx"], "tells no format"),
        (vec!["get", &flight, "-o", "/"], "is a folder"),
        (vec!["get", &flight, "-o", "x.csv", "--format", "table"], "a table goes to stdout"),
        (vec!["get", &flight, "--filter", "price"], "operators"),
        (vec!["get", &flight, "-H", "x"], "KEY=VALUE"),
        (vec!["get", &flight, "-H", "a b=c"], "no name of a header"),
        (vec!["get", &flight, "--cmd", "a", "--ticket", "b"], "cannot be used with"),
        (vec!["get", &flight, "--cmd", "@/no/such/file"], "cannot read /no/such/file"),
        (vec!["get", &flight, "--cmd", "a", "--limit", "1"], "not with --cmd"),
        (vec!["put", "a.csv"], "<URL>"),
        (vec!["put", "-", &flight], "--format"),
        (vec!["put", "a.csv", &flight, "--mode", "upsert"], "possible values"),
        (vec!["rm", "grpc://h/in/"], "not prefixes"),
        (vec!["serve", ".", "--bind", "127.0.0.1:0"], "names no scheme"),
        (vec!["serve", ".", "--bind", "http://x"], "unknown scheme"),
        (vec!["serve", ".", "--log", "=="], "--log"),
    ] {
        wingbeat(&args).fails(2, &[text]);
    }
}

#[test]
fn nobody_listening_exits_with_5() {
    wingbeat(["ls", &nobody()]).fails(5, &["cannot connect to grpc://127.0.0.1:", "refused"]);
}

#[test]
fn a_server_that_speaks_http_1_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("grpc://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 24]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    wingbeat(["ping", &url]).fails(5, &["speaks HTTP/1", "HTTP/1.1 400"]);
}

#[test]
fn a_server_that_says_nothing_runs_into_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("grpc://{}", listener.local_addr().unwrap());
    wingbeat(["ls", &url, "--timeout", "200ms"]).fails(5, &["DEADLINE_EXCEEDED"]);
}
