//! The folders that the names of objects make: an object store has none of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::scan::{DEPTH_MAX, Folder, Logged, is_hidden};
use crate::delta::is_log_entry;
use crate::error::StoreError;
use crate::storage::{Bucket, Stamp};

/// A folder while its objects are sorted in.
#[derive(Debug, Default)]
struct Draft {
    files: Vec<(String, PathBuf, Stamp)>,
    folders: BTreeMap<String, Self>,
    is_table: bool,
}

/// Lists a bucket once, and sorts its objects into folders.
pub(crate) fn scan_bucket(bucket: &Bucket, logged: &mut Logged) -> Result<Folder, StoreError> {
    let mut root = Draft::default();
    for (path, stamp) in bucket.list()? {
        if let Err(what) = root.sort_in(&path, stamp)
            && logged.insert(format!("{}\0{what}", path.display()))
        {
            warn!(path = %path.display(), "left out: {what}");
        }
    }
    Ok(root.settle(PathBuf::new(), String::new()))
}

impl Draft {
    /// Puts an object into the folder that its name says.
    fn sort_in(&mut self, path: &Path, stamp: Stamp) -> Result<(), &'static str> {
        let text = path.to_str().ok_or("its name is not UTF-8")?;
        let mut names: Vec<&str> = text.split('/').collect();
        let Some(name) = names.pop() else { return Ok(()) };
        if names.len() > DEPTH_MAX {
            return Err("it lies too deep");
        }
        if let Some((log, folders)) = names.split_last()
            && is_log_entry(log, name)
            && !folders.iter().any(|folder| is_hidden(folder.as_bytes()))
        {
            self.folder(folders).is_table = true;
            return Ok(());
        }
        if !names.iter().chain([&name]).any(|name| is_hidden(name.as_bytes())) {
            self.folder(&names).files.push((name.to_owned(), path.to_owned(), stamp));
        }
        Ok(())
    }

    fn folder(&mut self, names: &[&str]) -> &mut Self {
        names.iter().fold(self, |folder, name| folder.folders.entry((*name).into()).or_default())
    }

    /// The folder as a scan gives it. The log of a table says what lies in it.
    fn settle(self, path: PathBuf, name: String) -> Folder {
        let mut folder = Folder { path, name, table: self.is_table, ..Folder::default() };
        if folder.table {
            return folder;
        }
        for (name, path, stamp) in self.files {
            folder.take(path, name, stamp);
        }
        for (name, inner) in self.folders {
            let inner = inner.settle(folder.path.join(&name), name);
            if !inner.is_empty() {
                folder.folders.push(inner);
            }
        }
        folder.settle();
        folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_folders_and_logs_make_tables() {
        let mut root = Draft::default();
        for path in [
            "a.parquet",
            "trips/2024.csv",
            "trips/2025.csv",
            "trips/_SUCCESS",
            "_tmp/x/b.parquet",
            "deep/.hidden/c.parquet",
            "deep/table/_delta_log/00000000000000000000.json",
            "deep/table/part-1.parquet",
            "deep/table/day=1/part-2.parquet",
            "only/notes.txt",
        ] {
            root.sort_in(Path::new(path), Stamp::unchanging(1, None)).unwrap();
        }
        let root = root.settle(PathBuf::new(), String::new());
        let names = |folder: &Folder| -> Vec<String> {
            folder.files.iter().map(|file| file.path.display().to_string()).collect()
        };
        assert_eq!(names(&root), ["a.parquet"]);
        let folders: Vec<_> = root.folders.iter().map(|folder| folder.name.as_str()).collect();
        assert_eq!(folders, ["deep", "trips"]);
        assert_eq!(names(&root.folders[1]), ["trips/2024.csv", "trips/2025.csv"]);
        let table = &root.folders[0].folders[0];
        assert!(table.table && table.files.is_empty() && table.folders.is_empty());
        assert_eq!(table.path, Path::new("deep/table"));
        let deep = vec!["d"; 70].join("/") + "/a.csv";
        let mut root = Draft::default();
        assert!(root.sort_in(Path::new(&deep), Stamp::unchanging(1, None)).is_err());
    }
}
