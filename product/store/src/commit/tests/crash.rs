//! A power cut at every single operation, and a failure of every single operation.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::area::Writing;
use super::super::disk::Disk;
use super::*;

/// What an interrupted write was going to do.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    Create,
    CreateNested,
    Replace,
    ReplaceOtherFormat,
    ReplaceForeign,
    ReplaceFolder,
    ReplaceFolderOfThatName,
    Drop,
    DropFolder,
}

const SCENARIOS: [Scenario; 9] = [
    Scenario::Create,
    Scenario::CreateNested,
    Scenario::Replace,
    Scenario::ReplaceOtherFormat,
    Scenario::ReplaceForeign,
    Scenario::ReplaceFolder,
    Scenario::ReplaceFolderOfThatName,
    Scenario::Drop,
    Scenario::DropFolder,
];

impl Scenario {
    /// What stands there before.
    async fn prepare(self, root: &Path) {
        let store = open(root);
        match self {
            Self::Create | Self::CreateNested => {}
            Self::Replace | Self::Drop => {
                put(&store, "trips", 1, StageOptions::default()).await.unwrap();
            }
            Self::ReplaceOtherFormat => {
                let arrow = StageOptions::default().with_format(Format::Arrow);
                put(&store, "trips", 1, arrow).await.unwrap();
            }
            Self::ReplaceForeign => fs::write(root.join("trips.csv"), "n\n1\n").unwrap(),
            Self::ReplaceFolder | Self::DropFolder => csv_folder(&root.join("trips")),
            Self::ReplaceFolderOfThatName => csv_folder(&root.join("trips.parquet")),
        }
    }

    /// The write.
    async fn run(self, store: &Store) -> Result<(), StoreError> {
        match self {
            Self::CreateNested => {
                put(store, "a/b/trips", 2, StageOptions::default()).await.map(|_| ())
            }
            Self::Drop | Self::DropFolder => {
                let explicit = DropOptions::default().with_explicit(true);
                store.drop("trips", explicit).await.map(|_| ())
            }
            _ => put(store, "trips", 2, replace()).await.map(|_| ()),
        }
    }

    /// Everything that may be seen: before, and after.
    fn states(self) -> [&'static [&'static str]; 2] {
        const NEW: &[&str] = &["trips.parquet=2"];
        match self {
            Self::Create => [&[], NEW],
            Self::CreateNested => [&[], &["a/b/trips.parquet=2"]],
            Self::Replace => [&["trips.parquet=1"], NEW],
            Self::ReplaceOtherFormat => [&["trips.arrow=1"], NEW],
            Self::ReplaceForeign => [&["trips.csv"], NEW],
            Self::ReplaceFolder => [&["trips/a.csv", "trips/b.csv"], NEW],
            Self::ReplaceFolderOfThatName => [&["trips.parquet/a.csv", "trips.parquet/b.csv"], NEW],
            Self::Drop => [&["trips.parquet=1"], &[]],
            Self::DropFolder => [&["trips/a.csv", "trips/b.csv"], &[]],
        }
    }
}

fn csv_folder(folder: &Path) {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("a.csv"), "n\n1\n").unwrap();
    fs::write(folder.join("b.csv"), "n\n1\n").unwrap();
}

/// What is visible, with the value of each whole file.
fn seen(root: &Path) -> Vec<String> {
    let show = |name: String| {
        if name.ends_with(".csv") {
            return name;
        }
        let value = value(&root.join(&name));
        format!("{name}={value}")
    };
    visible(root).into_iter().map(show).collect()
}

/// A disk on which operation `from` fails, and every one after it up to `to`.
fn failing(from: usize, to: usize) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let disk = Disk::hooked(Arc::new(move |_| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        if (from..to).contains(&number) { Err(io::Error::other("power cut")) } else { Ok(()) }
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

    // A reader at this moment sees the old or the new; while a file takes the place of another
    // one of another name it may see both, never neither.
    let now = seen(&root);
    let both: Vec<&str> = old.iter().chain(new).copied().collect();
    assert!(now == old || now == new || now.iter().all(|one| both.contains(&one.as_str())));
    assert!(old.is_empty() || new.is_empty() || !now.is_empty(), "{context}");

    let reopened = open(&root);
    let now = seen(&root);
    assert!(now == old || now == new, "{context}: {now:?}");
    assert!(result.is_err() || now == new, "{context}: {now:?}");
    assert_eq!(staged_files(&root), [""; 0].map(PathBuf::from), "{context}");

    alone(put(&reopened, "after", 3, StageOptions::default())).unwrap();
    assert_eq!(value(&root.join("after.parquet")), 3, "{context}");
    count.load(Ordering::SeqCst) > from
}

#[test]
fn after_a_power_cut_the_old_or_the_new_is_whole() {
    for scenario in SCENARIOS {
        let mut cuts = 0;
        while interrupted(scenario, cuts, usize::MAX) {
            cuts += 1;
        }
        assert!(cuts >= 4, "{scenario:?} has only {cuts} operations");
    }
}

#[test]
fn after_a_failure_the_old_or_the_new_is_whole() {
    for scenario in SCENARIOS {
        let mut failures = 0;
        while interrupted(scenario, failures, failures + 1) {
            failures += 1;
        }
        assert!(failures >= 4, "{scenario:?} has only {failures} operations");
    }
}
