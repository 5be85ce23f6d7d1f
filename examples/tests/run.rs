//! Runs every example as a program of its own.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Ends a server with its test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(program: &str, args: &[&str]) -> Vec<String> {
    let output = Command::new(program).args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn hello() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_hello_server"));
    let server = server.arg("grpc://127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let mut server = Running(server);
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap();
    let printed = run(env!("CARGO_BIN_EXE_hello_client"), &[address]);
    assert_eq!(printed, ["Akka: 264", "Martin: 251", "Dunfin: 270"]);
}

#[test]
fn key_value() {
    let printed = run(env!("CARGO_BIN_EXE_key_value"), &[]);
    let expected = [
        "wrote \"numbers\"",
        "wrote \"more numbers\"",
        "found Some(Path([\"more numbers\"])), 2000 rows",
        "found Some(Path([\"numbers\"])), 2000 rows",
        "read 2000 rows",
        "deleted: NOT_FOUND: no table has the key \"numbers\"",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn info_first() {
    let printed = run(env!("CARGO_BIN_EXE_info_first"), &[]);
    assert_eq!(
        printed,
        ["before: 1000 rows in 1 endpoint", "the ticket: 1000 rows", "now: 5 rows"]
    );
}

#[test]
fn data_servers() {
    let printed = run(env!("CARGO_BIN_EXE_data_servers"), &[]);
    let part = "read 1000 rows";
    assert_eq!(printed, ["3000 rows lie on 3 servers", part, part, part]);
}

#[test]
fn parallel() {
    let printed = run(env!("CARGO_BIN_EXE_parallel"), &[]);
    let expected = [
        "read 8000 rows, their sum is 31996000",
        "in order: [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn scoring() {
    let printed = run(env!("CARGO_BIN_EXE_scoring"), &[]);
    assert_eq!(printed, ["scores [5.0, 2.0]", "scores [7.0, 2.0]", "scores [9.0, 2.0]"]);
}
