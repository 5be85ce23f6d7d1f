//! `wingbeat serve`: where it listens and who may write.

use super::support::{BIRDS_CSV, Server, wingbeat};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    folder
}

fn csv(url: &str) -> String {
    wingbeat(["get", url, "--format", "csv"]).data().to_owned()
}

#[test]
fn an_address_in_use_and_a_folder_that_is_not_there_are_told() {
    let folder = folder();
    let path = folder.path().to_str().unwrap();
    let server = Server::start(folder.path());
    let taken = &server.urls()[0];
    let text = format!("wingbeat: cannot listen on {taken}: address already in use\n");
    let run = wingbeat(["serve", path, "--bind", taken]);
    run.fails(1, &[]);
    assert_eq!(run.stderr, text);
    let free = ["--bind", "grpc://127.0.0.1:0"];
    let run = wingbeat([&["serve", "/no/such/folder"][..], &free].concat());
    run.fails(1, &["cannot serve /no/such/folder", "No such file"]);
    let file = folder.path().join("birds.csv");
    let run = wingbeat([&["serve", file.to_str().unwrap()][..], &free].concat());
    run.fails(1, &["cannot serve", "not a directory"]);
    let run = wingbeat(["serve", path, "--max-uploads", "0", "--bind", "grpc://127.0.0.1:0"]);
    run.fails(1, &["max-uploads", "at least 1"]);
}

#[test]
fn two_listeners_serve_the_same_flights() {
    let folder = folder();
    let sockets = tempfile::tempdir().unwrap();
    let socket = sockets.path().join("wb.sock");
    let address = format!("grpc+unix://{}", socket.display());
    let args = ["--bind", "grpc://127.0.0.1:0", "--bind", &address];
    let server = Server::with_args(folder.path(), &args);
    assert_eq!(server.urls()[1], address);
    assert_eq!(csv(&server.url("birds")), BIRDS_CSV);
    assert_eq!(csv(&format!("{address}?path=birds")), BIRDS_CSV);
    assert_eq!(wingbeat(["ls", &address]).data(), "birds\n");
    // A Unix socket takes writes; the flight is on the other listener too.
    let file = folder.path().join("birds.csv");
    let up = format!("{address}?path=in/up");
    assert_eq!(wingbeat(["put", "-q", file.to_str().unwrap(), &up]).data(), "");
    assert_eq!(csv(&server.url("in/up")), BIRDS_CSV);
    let listed = wingbeat(["ls", "--json", &format!("{address}?path=in/")]).json_lines();
    assert_eq!(listed[0]["url"], up);
    let run = wingbeat(["ls", "grpc+unix:///no/such.sock"]);
    run.fails(5, &["grpc+unix:///no/such.sock"]);
    let run = wingbeat(["ls", &format!("{address}?name=x")]);
    run.fails(2, &["?path=PATH"]);
}

/// Uploads and deletes are refused with these texts, and reads are answered.
#[track_caller]
fn refuses_writes(server: &Server, folder: &tempfile::TempDir, texts: &[&str]) {
    let file = folder.path().join("birds.csv");
    let put = wingbeat(["put", file.to_str().unwrap(), &server.url("up")]);
    put.fails(4, texts);
    wingbeat(["rm", "--force", &server.url("birds")]).fails(4, texts);
    assert_eq!(csv(&server.url("birds")), BIRDS_CSV);
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
}

#[test]
fn a_read_only_server_refuses_writes() {
    let folder = folder();
    let server = Server::with_args(folder.path(), &["--read-only"]);
    refuses_writes(&server, &folder, &["read-only", "PERMISSION_DENIED"]);
}

#[test]
fn a_remote_listener_takes_writes_only_with_the_flag() {
    let folder = folder();
    let remote = ["--bind", "grpc://0.0.0.0:0", "--bind", "grpc://127.0.0.1:0"];
    let server = Server::with_args(folder.path(), &remote);
    refuses_writes(&server, &folder, &["--allow-anonymous-remote-writes", "PERMISSION_DENIED"]);
    // The loopback listener of the same server takes them.
    let file = folder.path().join("birds.csv");
    let file = file.to_str().unwrap();
    let local = format!("{}/up", server.urls()[1]);
    assert_eq!(wingbeat(["put", "-q", file, &local]).data(), "");
    drop(server);
    let args = ["--bind", "grpc://0.0.0.0:0", "--allow-anonymous-remote-writes"];
    let server = Server::with_args(folder.path(), &args);
    assert_eq!(wingbeat(["put", "-q", file, &server.url("up2")]).data(), "");
}

#[test]
fn new_files_appear_without_a_restart() {
    let folder = folder();
    let server = Server::start(folder.path());
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    std::fs::write(folder.path().join("new.csv"), BIRDS_CSV).unwrap();
    assert_eq!(wingbeat(["action", &server.url(""), "refresh"]).data(), "");
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\nnew\n");
}
