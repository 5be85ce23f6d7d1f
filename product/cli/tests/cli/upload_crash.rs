//! A server that is killed in the middle of an upload: the old data is whole, the new is absent.

use rustix::process::Signal;

use super::support::{BIRDS_CSV, OpenUpload, Server, data_below, until, wingbeat};

#[test]
fn kill_9_during_an_upload_changes_nothing() {
    let served = tempfile::tempdir().unwrap();
    let local = tempfile::tempdir().unwrap();
    let birds = local.path().join("birds.csv");
    std::fs::write(&birds, BIRDS_CSV).unwrap();
    let server = Server::start(served.path());
    let put = wingbeat(["put", "-q", birds.to_str().unwrap(), &server.url("birds")]);
    assert_eq!(put.data(), "");
    let before = data_below(served.path());

    let uploads = ["birds", "new"].map(|name| OpenUpload::begin(&server.url(name)).split());
    until(|| data_below(served.path()).len() >= before.len() + 2);
    server.signal(Signal::KILL);
    drop(server);
    for (put, stdin) in uploads {
        put.end().fails(5, &["UNAVAILABLE"]);
        drop(stdin);
    }

    let server = Server::start(served.path());
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    let got = wingbeat(["get", &server.url("birds"), "--format", "csv"]);
    assert_eq!(got.data(), BIRDS_CSV);
    assert_eq!(data_below(served.path()), before, "what was staged is swept away");
}
