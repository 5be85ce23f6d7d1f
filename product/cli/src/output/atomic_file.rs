//! A file that is written beside its place and appears there when it is complete.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::{Failure, Outcome};

/// A file being written; dropped before [`persist`](Self::persist), nothing is left of it.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins to write `target`.
    pub(crate) fn create(target: &Path) -> Outcome<Self> {
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".part")
            .permissions(default_permissions())
            .tempfile_in(folder)
            .map_err(|e| Failure::local(format_args!("cannot write {}: {e}", target.display())))?;
        Ok(Self { file, target: target.to_path_buf() })
    }

    /// A handle that writes into the file.
    pub(crate) fn writer(&self) -> Outcome<File> {
        Ok(self.file.reopen()?)
    }

    /// Puts the complete file in its place.
    pub(crate) fn persist(mut self) -> Outcome {
        self.file.flush()?;
        self.file.as_file().sync_all()?;
        let target = self.target.display().to_string();
        self.file
            .persist(&self.target)
            .map_err(|e| Failure::local(format_args!("cannot write {target}: {}", e.error)))?;
        Ok(())
    }
}

/// What `File::create` would give, before the process's umask; a temporary file is private else.
fn default_permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Stdout as a writer that owns nothing else.
pub(crate) fn stdout() -> Box<dyn Write + Send> {
    Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.csv");
        let file = AtomicFile::create(&target).unwrap();
        file.writer().unwrap().write_all(b"whole").unwrap();
        assert!(!target.exists());
        file.persist().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        drop(AtomicFile::create(&target).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
