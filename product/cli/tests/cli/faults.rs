//! Files and file systems that are broken.

use std::os::unix::fs::symlink;

use wingbeat_store::Format;

use super::support::{BIRDS_CSV, Server, batch, files_below, wingbeat, without_disk, write_file};

#[test]
fn a_corrupt_file_is_named_and_the_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let torn = folder.path().join("torn.parquet");
    write_file(&torn, Format::Parquet, false, &[batch(0, 1000)]);
    let mut bytes = std::fs::read(&torn).unwrap();
    // The footer stays: what is broken is found when the pages are read.
    let end = bytes.len() / 2;
    bytes[4..end].fill(0xa5);
    std::fs::write(&torn, bytes).unwrap();
    std::fs::write(folder.path().join("garbage.parquet"), "goose goose goose").unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    let get = |name| wingbeat(["get", &server.url(name), "--format", "csv"]);
    get("garbage").fails(1, &["garbage.parquet", "corrupt", "DATA_LOSS", "request id"]);
    let run = get("torn");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("torn.parquet"), "{}", run.stderr);
    assert_eq!(get("birds").data(), BIRDS_CSV);
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\ntorn\n");
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("secret.csv"), BIRDS_CSV).unwrap();
    symlink(outside.path().join("secret.csv"), folder.path().join("link.csv")).unwrap();
    symlink(outside.path(), folder.path().join("way")).unwrap();
    std::fs::write(folder.path().join("birds.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "birds\n");
    for name in ["link", "way/secret", "../x"] {
        let run = wingbeat(["get", &server.url(name)]);
        assert!(run.code == 3 || run.code == 1, "{name}: {run:?}");
        assert!(run.stdout.is_empty(), "{name}");
    }
    let file = folder.path().join("birds.csv");
    let put = wingbeat(["put", file.to_str().unwrap(), &server.url("way/new")]);
    assert_ne!(put.code, 0, "{put:?}");
    assert_eq!(files_below(outside.path()).len(), 1);
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = without_disk(folder.path(), "size=256k") else { return };
    let rows = tempfile::tempdir().unwrap();
    let (small, big) = (rows.path().join("small.csv"), rows.path().join("big.arrow"));
    std::fs::write(&small, BIRDS_CSV).unwrap();
    write_file(&big, Format::Arrow, false, &[batch(0, 200_000)]);
    let put = |file: &std::path::Path, name: &str| {
        let url = server.url(name);
        wingbeat(["put", "-q", "--compression", "none", file.to_str().unwrap(), &url])
    };
    assert_eq!(put(&small, "birds").data(), "");
    put(&big, "birds").fails(1, &["no space left", "RESOURCE_EXHAUSTED"]);
    let got = wingbeat(["get", &server.url("birds"), "--format", "csv"]);
    assert_eq!(got.data(), BIRDS_CSV);
    // The room of the failed upload is free again.
    assert_eq!(put(&small, "more").data(), "");
}

#[test]
fn a_folder_that_takes_no_writes_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = without_disk(folder.path(), "ro") else { return };
    let local = tempfile::tempdir().unwrap();
    let file = local.path().join("birds.csv");
    std::fs::write(&file, BIRDS_CSV).unwrap();
    let run = wingbeat(["put", file.to_str().unwrap(), &server.url("birds")]);
    run.fails(4, &["takes no writes", "FAILED_PRECONDITION"]);
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "");
}
