//! A power cut, and a failure, at every single operation of a write to a table; a process that is
//! killed between its files and the log.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use futures_util::TryStreamExt;

use super::super::area::Writing;
use super::super::disk::{Disk, Operation};
use super::*;
use crate::ReadRequest;

fn append() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::Append)
}

fn create_append() -> StageOptions {
    StageOptions::default().with_mode(WriteMode::CreateAppend)
}

fn replace_by_table() -> StageOptions {
    replace().with_table()
}

/// What an interrupted write was going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Create,
    Append,
    AppendTwo,
    Overwrite,
    ReplaceFile,
    ReplaceFolder,
    Drop,
}

const SCENARIOS: [Scenario; 7] = [
    Scenario::Create,
    Scenario::Append,
    Scenario::AppendTwo,
    Scenario::Overwrite,
    Scenario::ReplaceFile,
    Scenario::ReplaceFolder,
    Scenario::Drop,
];

impl Scenario {
    /// What stands there before.
    async fn prepare(self, root: &Path) {
        let store = open(root);
        match self {
            Self::Create => {}
            Self::Append | Self::AppendTwo | Self::Overwrite | Self::Drop => {
                put(&store, "a/trips", 1, create_append()).await.unwrap();
            }
            Self::ReplaceFile => {
                put(&store, "a/trips", 1, StageOptions::default()).await.unwrap();
            }
            Self::ReplaceFolder => {
                fs::create_dir_all(root.join("a/trips")).unwrap();
                for name in ["x", "y"] {
                    fs::write(root.join(format!("a/trips/{name}.csv")), "n\n1\n1\n").unwrap();
                }
            }
        }
    }

    /// The write.
    async fn run(self, store: &Store) -> Result<(), StoreError> {
        match self {
            Self::Create => put(store, "a/trips", 2, create_append()).await.map(|_| ()),
            Self::Append => put(store, "a/trips", 2, append()).await.map(|_| ()),
            Self::AppendTwo => {
                let mut objects = Vec::new();
                for _ in 0..2 {
                    let mut staged = store.stage("a/trips", schema(), append()).await?;
                    staged.write(batch(2, 2)).await?;
                    objects.push(staged.finish().await?);
                }
                store.commit(objects, None).await.map(|_| ())
            }
            Self::Overwrite => put(store, "a/trips", 2, replace()).await.map(|_| ()),
            Self::ReplaceFile | Self::ReplaceFolder => {
                put(store, "a/trips", 2, replace_by_table()).await.map(|_| ())
            }
            Self::Drop => {
                let explicit = DropOptions::default().with_explicit(true);
                store.drop("a/trips", explicit).await.map(|_| ())
            }
        }
    }

    /// The rows before, and after: four of each upload.
    fn states(self) -> [Option<Vec<i64>>; 2] {
        let old = Some(vec![1; 4]);
        match self {
            Self::Create => [None, Some(vec![2; 4])],
            Self::Append | Self::AppendTwo => [old, Some(vec![1, 1, 1, 1, 2, 2, 2, 2])],
            Self::Overwrite | Self::ReplaceFile | Self::ReplaceFolder => [old, Some(vec![2; 4])],
            Self::Drop => [old, None],
        }
    }
}

/// The rows that a server sees: one that sweeps nothing, or one that is started anew.
async fn seen(root: &Path, sweep: bool) -> Result<Option<Vec<i64>>, StoreError> {
    let store = Store::open(root, StoreOptions::default().with_read_only(!sweep)).unwrap();
    let planned = match store.plan(&ReadRequest::new("a/trips")) {
        Err(StoreError::NotFound { .. }) => return Ok(None),
        planned => planned?,
    };
    let batches: Vec<RecordBatch> = store.read(planned.plan())?.try_collect().await?;
    let values = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
    Ok(Some(values.collect()))
}

/// A disk on which operation `from` fails, and every one after it up to `to`.
fn failing(from: usize, to: usize) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let disk = Disk::hooked(Arc::new(move |_| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        if (from..to).contains(&number) { Err(std::io::Error::other("power cut")) } else { Ok(()) }
    }));
    (disk, count)
}

/// Runs something in a runtime of its own, which ends with all that it left to other threads.
fn alone<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Runs a scenario with a failure from operation `from` to `to`; whether it got that far.
fn interrupted(scenario: Scenario, from: usize, to: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (disk, count) = failing(from, to);
    let result = alone(async {
        scenario.prepare(&root).await;
        let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
        scenario.run(&store).await
    });
    let [old, new] = scenario.states();
    let context = format!("{scenario:?}, operations {from} to {to}, {result:?}");
    match alone(seen(&root, false)) {
        Ok(now) => assert!(now == old || now == new, "{context}: {now:?}"),
        // The table is there and the file it replaces not gone yet.
        Err(StoreError::Ambiguous { .. }) if scenario == Scenario::ReplaceFile => {}
        Err(error) => panic!("{context}: {error}"),
    }
    let now = alone(seen(&root, true)).unwrap();
    assert!(now == old || now == new, "{context}: {now:?}");
    assert!(result.is_err() || now == new, "{context}: {now:?}");
    assert_eq!(staged_files(&root), [""; 0].map(PathBuf::from), "{context}");

    // What did not happen can be done again.
    if now == old && to == usize::MAX && scenario != Scenario::Drop {
        alone(scenario.run(&open(&root))).unwrap();
        assert_eq!(alone(seen(&root, true)).unwrap(), new, "{context}");
    }
    count.load(Ordering::SeqCst) > from
}

#[test]
fn after_a_power_cut_a_table_is_the_old_or_the_new_one() {
    for scenario in SCENARIOS {
        let mut cuts = 0;
        while interrupted(scenario, cuts, usize::MAX) {
            cuts += 1;
        }
        assert!(cuts >= 4, "{scenario:?} has only {cuts} operations");
    }
}

#[test]
fn after_a_failure_a_table_is_the_old_or_the_new_one() {
    for scenario in SCENARIOS {
        let mut failures = 0;
        while interrupted(scenario, failures, failures + 1) {
            failures += 1;
        }
        assert!(failures >= 4, "{scenario:?} has only {failures} operations");
    }
}

#[tokio::test]
async fn the_log_is_synced_after_the_data_and_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    put(&open(&root), "trips", 1, create_append()).await.unwrap();
    let log = Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let (writer, base) = (log.clone(), root.clone());
    let disk = Disk::hooked(Arc::new(move |operation| {
        let short = |path: &Path| {
            let path = path.strip_prefix(&base).unwrap();
            let name = path.to_str().unwrap();
            match path.extension() {
                _ if name.contains("staging/") => "STAGED".to_owned(),
                Some(ending) if ending == "parquet" => "DATA".to_owned(),
                _ => name.to_owned(),
            }
        };
        let text = match operation {
            Operation::SyncFile(path) => format!("sync {}", short(path)),
            Operation::Publish(from, to) => format!("publish {} as {}", short(from), short(to)),
            Operation::SyncFolder(path) => format!("sync folder {}", short(path)),
            _ => return Ok(()),
        };
        writer.lock().unwrap().push(text);
        Ok(())
    }));
    let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
    put(&store, "trips", 2, append()).await.unwrap();
    let expected = [
        "sync STAGED",
        "publish STAGED as DATA",
        "sync folder trips",
        "sync STAGED",
        "publish STAGED as trips/_delta_log/00000000000000000001.json",
        "sync folder trips/_delta_log",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

/// The name under which the child process finds its folder.
const CHILD: &str = "WINGBEAT_STORE_KILLED_TABLE";
/// What the child says when its files stand and the log does not name them yet.
const BETWEEN: &str = "between files and log";

/// Not a test of its own: an upload that stops before its entry of the log, for ever.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the parent waits for it")]
async fn killed_child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let root = PathBuf::from(folder);
    let disk = Disk::hooked(Arc::new(|operation| {
        if let Operation::Publish(_, to) = operation
            && to.extension().is_some_and(|ending| ending == "json")
        {
            println!("{BETWEEN}");
            loop {
                std::thread::park();
            }
        }
        Ok(())
    }));
    let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
    put(&store, "a/trips", 2, append().with_upload_id("one")).await.unwrap();
}

#[tokio::test]
async fn a_kill_between_the_files_and_the_log_adds_nothing_and_the_upload_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    put(&open(&root), "a/trips", 1, create_append()).await.unwrap();
    let test = format!("{}::killed_child", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(CHILD, &root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(BETWEEN.as_bytes()) {
        assert_eq!(output.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let data = || {
        let entries = fs::read_dir(root.join("a/trips")).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
    };
    assert_eq!(data(), 2, "the file of the killed upload stands");
    assert_eq!(seen(&root, true).await.unwrap(), Some(vec![1; 4]));

    let id = append().with_upload_id("one");
    let first = put(&open(&root), "a/trips", 2, id.clone()).await.unwrap();
    assert_eq!(put(&open(&root), "a/trips", 2, id).await.unwrap(), first);
    assert_eq!(seen(&root, true).await.unwrap(), Some(vec![1, 1, 1, 1, 2, 2, 2, 2]));
}

#[test]
fn an_answer_that_was_lost_after_the_commit_is_given_again() {
    // The sync of the log's folder is the last operation: by then the version stands.
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    alone(put(&open(&root), "a/trips", 1, create_append())).unwrap();
    let disk = Disk::hooked(Arc::new(|operation| match operation {
        Operation::SyncFolder(path) if path.ends_with("_delta_log") => {
            Err(std::io::Error::other("power cut"))
        }
        _ => Ok(()),
    }));
    let id = || append().with_upload_id("one");
    let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
    alone(put(&store, "a/trips", 2, id())).unwrap_err();
    let repeated = alone(put(&open(&root), "a/trips", 2, id())).unwrap();
    assert!(repeated.version.starts_with("delta:1:") && repeated.rows == 4, "{repeated:?}");
    assert_eq!(alone(seen(&root, true)).unwrap(), Some(vec![1, 1, 1, 1, 2, 2, 2, 2]));
}
