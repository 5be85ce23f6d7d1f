//! Every command, with little data.

use wingbeat_bench::{Kind, value_bytes};

use crate::program::{Server, lines, numbers, output};

/// What every line of a transfer has.
const ALWAYS: [&str; 6] = ["bytes", "batches", "seconds", "GB/s", "batches/s", "cpu_seconds"];

/// Runs a client and checks its lines.
#[track_caller]
fn transfer(args: &[&str], runs: usize, bytes: u64, batches: u64) {
    let lines = lines(args);
    assert_eq!(lines.len(), runs, "{lines:?}");
    for line in lines {
        let numbers = numbers(&line);
        assert_eq!(numbers["bytes"], bytes as f64, "{args:?}: {line}");
        assert_eq!(numbers["batches"], batches as f64, "{args:?}: {line}");
        assert!(ALWAYS.iter().all(|name| numbers.contains_key(*name)), "{line}");
        assert_eq!(numbers.contains_key("first_batch_ms"), args[2] == "get", "{line}");
    }
}

#[test]
fn every_workload_every_way() {
    let server = Server::start("grpc://127.0.0.1:0");
    for kind in Kind::ALL {
        let bytes = 3 * value_bytes(&kind.batch());
        let workload = format!("{}:3", kind.name());
        for (method, directions) in [("get", 1), ("put", 1), ("exchange", 2)] {
            let args = ["client", &server.uri, method, &workload, "1"];
            transfer(&args, 1, directions * bytes, directions * 3);
        }
    }
}

#[test]
fn streams_connections_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("grpc+unix://{}/bench.sock", folder.path().display());
    for bind in ["grpc+tcp://127.0.0.1:0", &unix] {
        let server = Server::start(bind);
        for (method, directions) in [("get", 1), ("put", 1), ("exchange", 2)] {
            let calls = ["client", &server.uri, method, "small:7", "2"];
            let spread = ["--streams", "5", "--connections", "2"];
            let batches = 5 * 7 * directions;
            transfer(&[&calls[..], &spread].concat(), 2, batches * 1_024 * 32, batches);
        }
    }
}

#[test]
fn latency_has_a_line_for_each_call() {
    let server = Server::start("grpc://127.0.0.1:0");
    let beside = ["--beside", "tiny:1", "--streams", "8"];
    for more in [&[][..], &beside] {
        latency(&[&["latency", &server.uri, "20"], more].concat());
    }
}

fn latency(args: &[&str]) {
    let lines = lines(args);
    let lines: Vec<_> = lines.iter().map(|line| line.split_once(' ').unwrap()).collect();
    let [("get_flight_info", info), ("do_get", get)] = lines[..] else { panic!("{lines:?}") };
    for line in [info, get] {
        let numbers = numbers(line);
        assert_eq!(numbers["calls"], 20.0);
        assert!(0.0 < numbers["p50_us"] && numbers["p50_us"] <= numbers["p99_us"], "{line}");
    }
}

#[test]
fn the_limit_moves_so_many_bytes() {
    for socket in ["tcp", "unix"] {
        let lines = lines(&["limit", socket, "2", "--bytes", "10000001"]);
        assert_eq!(lines.len(), 2);
        for line in lines {
            assert_eq!(numbers(&line)["bytes"], 10_000_001.0);
        }
    }
}

#[test]
fn a_parquet_file_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (made, written) = (path("made.parquet"), path("written.parquet"));
    let one = |args: &[&str]| {
        let lines = lines(args);
        assert_eq!(lines.len(), 1, "{lines:?}");
        numbers(&lines[0])
    };
    let bytes = one(&["make", "parquet", &made, "--mib", "1"])["bytes"];
    // At least what was asked for, at most a batch more.
    assert!((1_048_576.0..5_000_000.0).contains(&bytes), "{bytes}");
    assert_eq!(one(&["parquet", "read", &made, "1"])["bytes"], bytes);
    assert_eq!(one(&["parquet", "write", &made, &written, "1"])["bytes"], bytes);
    assert_eq!(one(&["parquet", "read", &written, "1"])["bytes"], bytes);
    let server = Server::start("grpc://127.0.0.1:0");
    assert_eq!(one(&["upload", &server.uri, "a/flight", &made, "1"])["bytes"], bytes);
    let fetched = one(&["fetch", &server.uri, "a/flight", "1"]);
    assert_eq!((fetched["bytes"], fetched["batches"]), (8.0, 1.0));
}

#[test]
fn failures_have_their_exit_codes() {
    let gone = Server::start("grpc://127.0.0.1:0").uri.clone();
    let code = |args: &[&str]| output(args).status.code();
    assert_eq!(code(&["client", &gone, "get", "tiny:1", "1"]), Some(1));
    assert_eq!(code(&["client", &gone, "get", "no such workload", "1"]), Some(2));
    assert_eq!(code(&["client", &gone, "take", "tiny:1", "1"]), Some(2));
    let failed = output(&["client", &gone, "get", "tiny:1", "1"]);
    assert!(failed.stdout.is_empty() && !failed.stderr.is_empty());
}
