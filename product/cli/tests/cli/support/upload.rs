//! An upload that has begun and goes on for as long as somebody wants.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::time::{Duration, Instant};

use wingbeat_store::Format;

use super::data::{batch, files_below, write_file};
use super::run::{Running, start};

/// How long something may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `wingbeat put` whose stdin stays open.
pub(crate) struct OpenUpload {
    pub(crate) put: Running,
    stdin: ChildStdin,
}

impl OpenUpload {
    /// Sends two thousand rows, and not the end.
    pub(crate) fn begin(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = folder.path().join("rows.arrows");
        write_file(&rows, Format::ArrowStream, false, &[batch(0, 1000), batch(1000, 1000)]);
        let bytes = std::fs::read(&rows).unwrap();
        let mut put = start(["put", "-q", "-", url, "--format", "arrows"]);
        let mut stdin = put.stdin();
        // The last eight bytes are the mark of the end.
        stdin.write_all(&bytes[..bytes.len() - 8]).unwrap();
        Self { put, stdin }
    }

    /// The client, and its stdin, which is to stay open.
    pub(crate) fn split(self) -> (Running, ChildStdin) {
        (self.put, self.stdin)
    }
}

/// The files below `folder` that hold data; the locks of a process that was killed may stay for a
/// while.
pub(crate) fn data_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    let is_data = |name: &OsStr| name != "lock" && name != "secret";
    files.retain(|file| file.file_name().is_some_and(is_data));
    files.retain(|file| file.extension().is_none_or(|extension| extension != "lock"));
    files
}

/// Looks until `found` is true.
#[track_caller]
pub(crate) fn until(mut found: impl FnMut() -> bool) {
    let start = Instant::now();
    while !found() {
        assert!(start.elapsed() < PATIENCE, "it never came");
        std::thread::yield_now();
    }
}
