//! A server that is killed in the middle of an upload: the old data is whole, the new is absent.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use wingbeat_store::Format;

use super::support::{BIRDS_CSV, Server, batch, files_below, start, wingbeat, write_file};

/// The files that hold data; the locks of a process that was killed may stay for a while.
fn data_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|file| file.extension().is_none_or(|extension| extension != "lock"));
    files
}

#[test]
fn kill_9_during_an_upload_changes_nothing() {
    let served = tempfile::tempdir().unwrap();
    let local = tempfile::tempdir().unwrap();
    let birds = local.path().join("birds.csv");
    std::fs::write(&birds, BIRDS_CSV).unwrap();
    let rows = local.path().join("rows.arrows");
    write_file(&rows, Format::ArrowStream, false, &[batch(0, 1000), batch(1000, 1000)]);
    let bytes = std::fs::read(&rows).unwrap();

    let server = Server::start(served.path());
    let put = wingbeat(["put", "-q", birds.to_str().unwrap(), &server.url("birds")]);
    assert_eq!(put.data(), "");
    let before = data_below(served.path());

    let uploads: Vec<_> = ["birds", "new"]
        .into_iter()
        .map(|name| {
            let mut put = start(["put", "-", &server.url(name), "--format", "arrows"]);
            let mut stdin = put.stdin();
            stdin.write_all(&bytes[..bytes.len() - 8]).unwrap();
            (put, stdin)
        })
        .collect();
    let begun = Instant::now();
    while data_below(served.path()).len() < before.len() + 2 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the uploads never began");
        std::thread::yield_now();
    }
    server.signal(Signal::KILL);
    drop(server);
    for (put, stdin) in uploads {
        drop(stdin);
        let run = put.end();
        assert_ne!(run.code, 0, "{}", run.stderr);
    }

    let server = Server::start(served.path());
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    let got = wingbeat(["get", &server.url("birds"), "--format", "csv"]);
    assert_eq!(got.data(), BIRDS_CSV);
    assert_eq!(data_below(served.path()), before, "what was staged is swept away");
}
