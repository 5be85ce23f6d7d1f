//! A full disk, and a folder that takes no writes.

use std::io;
use std::process::Command;

use super::super::area::Writing;
use super::super::disk::{Disk, Operation};
use super::*;

/// `ENOSPC` on Linux and the BSDs.
const NO_SPACE: i32 = 28;

#[tokio::test]
async fn a_disk_that_fills_up_leaves_the_old_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    put(&open(&root), "trips", 1, StageOptions::default()).await.unwrap();
    let disk = Disk::hooked(Arc::new(|operation| match operation {
        Operation::Write(_) => Err(io::Error::from_raw_os_error(NO_SPACE)),
        _ => Ok(()),
    }));
    let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
    let error = put(&store, "trips", 2, StageOptions::default()).await.unwrap_err();
    let StoreError::Full { path } = &error else { panic!("{error}") };
    assert!(path.starts_with(root.join(".wingbeat/staging")), "{error}");
    assert_eq!(value(&root.join("trips.parquet")), 1);
    assert_eq!(staged_files(folder.path()), [""; 0].map(PathBuf::from));
}

/// A small file system in memory, for those who may mount one.
struct Small(TempDir);

impl Small {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
async fn a_full_file_system_is_named_and_recovers() {
    let Some(small) = Small::mount() else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let root = small.0.path().canonicalize().unwrap();
    let store = open(&root);
    put(&store, "trips", 1, StageOptions::default()).await.unwrap();
    let plain = crate::WriteOptions::default()
        .with_compression(crate::Compression::Uncompressed)
        .with_row_group_rows(8192);
    let options = StageOptions::default().with_format(Format::Arrow).with_write(plain);
    let mut staged = store.stage("large", schema(), options).await.unwrap();
    let error = loop {
        if let Err(error) = staged.write(batch(7, 8192)).await {
            break error;
        }
        assert!(staged.rows() < 1 << 20, "the file system never fills up");
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    staged.abort().await;
    assert_eq!(value(&root.join("trips.parquet")), 1);
    put(&store, "trips", 2, StageOptions::default()).await.unwrap();
    assert_eq!(visible(&root), ["trips.parquet"]);
    assert_eq!(staged_files(&root), [""; 0].map(PathBuf::from));
}

#[tokio::test]
async fn a_folder_without_permission_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
        let disk = Disk::hooked(Arc::new(move |_| Err(kind.into())));
        let store = Store::with_writing(&root, Writing::with_disk(&root, disk));
        let error = put(&store, "trips", 2, StageOptions::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
        assert!(error.to_string().contains(root.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
async fn a_read_only_file_system_is_read_and_not_written() {
    let Some(small) = Small::mount() else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let root = small.0.path().canonicalize().unwrap();
    put(&open(&root), "trips", 1, StageOptions::default()).await.unwrap();
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&root).status().unwrap();
    assert!(remounted.success());
    let store = open(&root);
    for name in ["trips", "new", "a/b"] {
        let error = put(&store, name, 2, StageOptions::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{name}: {error}");
    }
    let error = store.drop("trips", DropOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert_eq!(value(&root.join("trips.parquet")), 1);
}
