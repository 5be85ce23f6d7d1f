//! `wingbeat rm`: flights that the server wrote, and with `--force` all others.

use super::support::{BIRDS_CSV, Server, files_below, wingbeat};

#[test]
fn uploads_are_deleted_and_foreign_files_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let (file, leaf) = (folder.path().join("birds.csv"), folder.path().join("leaf"));
    std::fs::create_dir(&leaf).unwrap();
    std::fs::write(&file, BIRDS_CSV).unwrap();
    std::fs::write(leaf.join("x.csv"), BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    let upload = server.url("up");
    assert_eq!(wingbeat(["put", "-q", file.to_str().unwrap(), &upload]).data(), "");
    let run = wingbeat(["rm", &upload]);
    assert_eq!((run.code, run.stdout.len()), (0, 0));
    assert!(run.stderr.contains("up: deleted"), "{}", run.stderr);
    wingbeat(["rm", &upload]).fails(3, &["NOT_FOUND"]);

    for (name, what) in [("birds", "a file that the server did not write"), ("leaf", "a folder")] {
        let run = wingbeat(["rm", &server.url(name)]);
        run.fails(4, &[what, "FAILED_PRECONDITION", "hint: --force"]);
    }
    assert!(file.is_file() && leaf.join("x.csv").is_file());
    let (birds, leaf_url) = (server.url("birds"), server.url("leaf"));
    let deleted = wingbeat(["rm", "--force", "--json", &birds, &leaf_url]).json_lines();
    assert_eq!((deleted.len(), &deleted[1]["url"]), (2, &leaf_url.into()));
    assert_eq!(wingbeat(["ls", &server.url("")]).data(), "");
    let left = files_below(folder.path());
    assert!(left.iter().all(|file| file.extension().is_none_or(|e| e != "csv")), "{left:?}");
}
