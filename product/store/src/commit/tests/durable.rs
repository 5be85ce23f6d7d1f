//! The order of write, sync and rename: as the store asks for it, and as the kernel sees it.

use std::process::Command;
use std::sync::Mutex;

use super::super::area::Writing;
use super::super::disk::{Disk, Operation};
use super::*;

/// The name under which the child process finds its folder.
const CHILD: &str = "WINGBEAT_STORE_TRACED_FOLDER";

/// Every operation of one commit, with paths relative to the store's folder and runs of writes
/// as one.
async fn operations(prepare: &[(&str, Format)], name: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let store = open(&root);
    for (name, format) in prepare {
        put(&store, name, 1, StageOptions::default().with_format(*format)).await.unwrap();
    }
    let log = Arc::new(Mutex::new(Vec::<String>::new()));
    let writer = log.clone();
    let base = root.clone();
    let disk = Disk::hooked(Arc::new(move |operation| {
        let text = describe(operation, &base);
        let mut log = writer.lock().unwrap();
        if log.last() != Some(&text) {
            log.push(text);
        }
        Ok(())
    }));
    let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
    put(&store, name, 2, StageOptions::default()).await.unwrap();
    drop(store);
    let log = log.lock().unwrap().clone();
    let start = log.iter().position(|line| line.starts_with("create")).unwrap();
    log[start..].to_vec()
}

fn describe(operation: Operation<'_>, root: &Path) -> String {
    let short = |path: &Path| {
        let path = path.strip_prefix(root).unwrap();
        if path.as_os_str().is_empty() {
            return "ROOT".to_owned();
        }
        if path.starts_with(".wingbeat/staging") && !path.ends_with("staging") {
            let draft = path.components().count() == 3;
            return if draft { "DRAFT".to_owned() } else { "STAGED".to_owned() };
        }
        path.to_str().unwrap().to_owned()
    };
    match operation {
        Operation::Create(path) => format!("create {}", short(path)),
        Operation::Write(path) => format!("write {}", short(path)),
        Operation::SyncFile(path) => format!("sync {}", short(path)),
        Operation::Replace(from, to) => format!("replace {} by {}", short(to), short(from)),
        Operation::Publish(from, to) => format!("publish {} as {}", short(from), short(to)),
        Operation::Exchange(from, to) => format!("exchange {} and {}", short(from), short(to)),
        Operation::SyncFolder(path) => format!("sync folder {}", short(path)),
        Operation::MakeFolder(path) => format!("make {}", short(path)),
        Operation::Remove(path) => format!("remove {}", short(path)),
    }
}

#[tokio::test]
async fn a_new_dataset_is_synced_before_and_after_it_gets_its_name() {
    let expected = [
        "create STAGED",
        "write STAGED",
        "sync STAGED",
        "make .wingbeat",
        "make .wingbeat/staging",
        "publish STAGED as trips.parquet",
        "sync folder ROOT",
    ];
    assert_eq!(operations(&[], "trips").await, expected);
}

#[tokio::test]
async fn new_folders_are_durable_before_anything_lies_in_them() {
    let log = operations(&[], "a/b/trips").await;
    let from = log.iter().position(|line| line == "make a").unwrap();
    let expected = [
        "make a",
        "sync folder ROOT",
        "make a/b",
        "sync folder a",
        "publish STAGED as a/b/trips.parquet",
        "sync folder a/b",
    ];
    assert_eq!(log[from..], expected);
}

#[tokio::test]
async fn a_replacement_of_another_name_is_written_down_first() {
    let log = operations(&[("trips", Format::Arrow)], "trips").await;
    let from = log.iter().position(|line| line == "create DRAFT").unwrap();
    let expected = [
        "create DRAFT",
        "write DRAFT",
        "sync DRAFT",
        "replace .wingbeat/intent by DRAFT",
        "sync folder .wingbeat",
        "replace trips.parquet by STAGED",
        "sync folder ROOT",
        "remove trips.arrow",
        "sync folder ROOT",
        "remove .wingbeat/intent",
        "sync folder .wingbeat",
        "sync folder ROOT",
    ];
    assert_eq!(log[from..], expected);
    assert!(log[..from].contains(&"sync STAGED".to_owned()));
}

/// Not a test of its own: the upload that the next test traces, in a process of its own.
#[tokio::test]
async fn traced_child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    put(&open(Path::new(&folder)), "trips", 2, StageOptions::default()).await.unwrap();
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
async fn the_kernel_sees_write_sync_rename_and_sync_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    put(&open(&root), "trips", 1, StageOptions::default()).await.unwrap();
    let trace = root.join(".trace");
    let test = format!("{}::traced_child", module_path!().split_once("::").unwrap().1);
    let calls = "trace=write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2";
    let run = Command::new("strace")
        .args(["-f", "-y", "-e", calls, "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--test-threads=1"])
        .env(CHILD, &root)
        .output();
    let Ok(run) = run.map_err(|_| ()).and_then(|run| run.status.success().then_some(()).ok_or(()))
    else {
        eprintln!("skipped: strace is not installed or may not trace");
        return;
    };
    let () = run;
    assert_eq!(value(&root.join("trips.parquet")), 2);

    let trace = fs::read_to_string(trace).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let staged = format!("<{}/.wingbeat/staging/", root.display());
    let is_call = |line: &str, names: &[&str]| {
        let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
        names.iter().any(|name| call.starts_with(&format!("{name}(")))
    };
    let last = |names: &[&str], text: &str| {
        lines.iter().rposition(|line| is_call(line, names) && line.contains(text))
    };
    let first = |names: &[&str], text: &str| {
        lines.iter().position(|line| is_call(line, names) && line.contains(text))
    };
    let write = last(&["write", "writev", "pwrite64"], &staged).expect("a write");
    let sync = first(&["fsync", "fdatasync"], &staged).expect("a sync of the file");
    let renames = ["rename", "renameat", "renameat2"];
    let rename = last(&renames, "/trips.parquet\"").expect("a rename");
    let folder_sync =
        last(&["fsync"], &format!("<{}>", root.display())).expect("a sync of the folder");
    let order = [write, sync, rename, folder_sync];
    assert!(order.is_sorted(), "{order:?}\n{trace}");
}
