//! A process killed in the middle of an upload.

use std::io::Read;
use std::process::{Command, Stdio};

use super::*;

/// The name under which the child process finds its folder.
const CHILD: &str = "WINGBEAT_STORE_KILLED_FOLDER";
/// What the child says when its upload is under way.
const UNDER_WAY: &str = "upload under way";

/// Not a test of its own: a long upload, in a process of its own.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the parent waits for it")]
async fn killed_child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let store = open(Path::new(&folder));
    let options = StageOptions::default()
        .with_write(crate::WriteOptions::default().with_row_group_rows(10_000));
    let mut staged = store.stage("trips", schema(), options).await.unwrap();
    for n in 0..20_000 {
        staged.write(batch(n, 10_000)).await.unwrap();
        if n == 200 {
            println!("{UNDER_WAY}");
        }
    }
}

fn start_child(root: &Path) -> std::process::Child {
    let test = format!("{}::killed_child", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(CHILD, root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(UNDER_WAY.as_bytes()) {
        assert_eq!(output.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    child
}

#[tokio::test]
async fn after_a_kill_the_old_data_is_whole_and_the_new_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let store = open(&root);
    put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    drop(store);

    let mut child = start_child(&root);
    let staged = staged_files(&root);
    assert_eq!(staged.len(), 1);
    assert!(staged[0].metadata().unwrap().len() > 0);

    // While the writer lives, nobody else sweeps its upload.
    let other = open(&root);
    put(&other, "other", 1, StageOptions::default()).await.unwrap();
    assert!(staged[0].exists());

    child.kill().unwrap();
    child.wait().unwrap();
    assert!(staged[0].exists());
    assert_eq!(value(&root.join("trips.parquet")), 1);

    let reopened = open(&root);
    assert_eq!(staged_files(&root), [""; 0].map(PathBuf::from));
    assert_eq!(visible(&root), ["other.parquet", "trips.parquet"]);
    assert_eq!(value(&root.join("trips.parquet")), 1);
    put(&reopened, "trips", 2, StageOptions::default()).await.unwrap();
    assert_eq!(value(&root.join("trips.parquet")), 2);
}
