//! SIGTERM to a server: running reads finish, new calls are refused, the exit code is 0.

use std::io::Read;

use rustix::process::Signal;
use wingbeat_store::{FileReader, Format, ReadOptions};

use super::support::{OpenUpload, Server, batch, data_below, start, until, wingbeat, write_file};

#[test]
fn a_running_read_finishes_and_new_calls_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    // More than every buffer on the way holds, so that the read cannot be over early.
    let (rows, batches) = (200_000, 12);
    let one = batch(0, rows);
    let file = folder.path().join("big.arrow");
    write_file(&file, Format::Arrow, false, &vec![one; batches]);
    let bytes = file.metadata().unwrap().len();
    assert!(bytes > 64 << 20, "{bytes}");

    let server = Server::start(folder.path());
    let url = server.url("big");
    let mut get = start(["get", &url, "--format", "arrows"]);
    let mut stdout = get.stdout();
    let mut first = [0; 1024];
    stdout.read_exact(&mut first).unwrap();

    server.signal(Signal::TERM);
    server.log_line(&["SIGTERM"]);
    // The listener closes a moment after the line.
    let refused = (0..1000).find_map(|_| {
        let ping = wingbeat(["ping", "-n", "1", &url]);
        (ping.code != 0).then_some(ping)
    });
    refused.expect("new calls are still answered").fails(5, &["UNAVAILABLE"]);

    let reader = Box::new(std::io::Cursor::new(first).chain(stdout));
    let reader = FileReader::from_reader(reader, Format::ArrowStream, &ReadOptions::default());
    let read: usize = reader.unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(read, usize::try_from(rows).unwrap() * batches);
    assert_eq!(get.end().data(), "");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("DoGet") && line.contains("\"OK\"")), "{log:#?}");
}

#[test]
fn a_running_upload_ends_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (put, stdin) = OpenUpload::begin(&server.url("new")).split();
    until(|| data_below(folder.path()).len() == 1);
    server.signal(Signal::TERM);
    put.end().fails(5, &["the server is stopping", "UNAVAILABLE"]);
    drop(stdin);
    assert_eq!(server.end().0, Some(0));
    assert!(data_below(folder.path()).is_empty());
}

#[test]
fn an_idle_server_ends_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        assert_eq!(wingbeat(["ls", &server.url("")]).data(), "");
        server.signal(signal);
        assert_eq!(server.end().0, Some(0));
    }
}
