//! The operations that make a write durable, in one place, so that tests can watch and break them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// One operation on the file system, as a test sees it just before it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    /// A file is created that was not there.
    Create(&'a Path),
    /// Bytes are written.
    Write(&'a Path),
    /// A file's content and metadata go to the disk.
    SyncFile(&'a Path),
    /// A file or folder takes the place of whatever stands there.
    Replace(&'a Path, &'a Path),
    /// A file takes a place where nothing stands.
    Publish(&'a Path, &'a Path),
    /// Two entries change places.
    Exchange(&'a Path, &'a Path),
    /// A folder's entries go to the disk.
    SyncFolder(&'a Path),
    /// A folder is created.
    MakeFolder(&'a Path),
    /// A file, or a folder with all it holds, is removed.
    Remove(&'a Path),
}

/// What a test installs: sees every operation, and may refuse it.
pub(crate) type Hook = Arc<dyn Fn(Operation<'_>) -> io::Result<()> + Send + Sync>;

/// The file system.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    hook: Option<Hook>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("hook", &self.hook.is_some()).finish()
    }
}

impl Disk {
    /// The file system behind a hook.
    #[cfg(test)]
    pub(crate) fn hooked(hook: Hook) -> Self {
        Self { hook: Some(hook) }
    }

    fn before(&self, operation: Operation<'_>) -> io::Result<()> {
        self.hook.as_ref().map_or(Ok(()), |hook| hook(operation))
    }

    /// Creates a file that must not be there, for reading and writing.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        self.before(Operation::Create(path))?;
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// A target for writing to `file`, which lies at `path`.
    pub(crate) fn target(&self, file: Arc<File>, path: &Path) -> DiskFile {
        DiskFile { disk: self.clone(), file, path: path.into() }
    }

    /// Waits until a file is on the disk.
    pub(crate) fn sync_file(&self, file: &File, path: &Path) -> io::Result<()> {
        self.before(Operation::SyncFile(path))?;
        file.sync_all()
    }

    /// Waits until a folder's entries are on the disk.
    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.before(Operation::SyncFolder(path))?;
        match File::open(path)?.sync_all() {
            // Some network and FUSE file systems have no such operation; they order by themselves.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }

    /// Renames, replacing what stands at `to`.
    pub(crate) fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.before(Operation::Replace(from, to))?;
        fs::rename(from, to)
    }

    /// Renames a file to where nothing stands.
    ///
    /// # Errors
    /// `AlreadyExists` if something does; of several racing callers exactly one succeeds.
    pub(crate) fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.before(Operation::Publish(from, to))?;
        match rename_with(from, to, Special::NoReplace) {
            Err(error) if lacks(&error) => publish_by_link(from, to),
            result => result,
        }
    }

    /// Exchanges two entries in one step.
    ///
    /// # Errors
    /// `Unsupported` where the system cannot.
    pub(crate) fn exchange(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.before(Operation::Exchange(from, to))?;
        match rename_with(from, to, Special::Exchange) {
            Err(error) if lacks(&error) => Err(io::ErrorKind::Unsupported.into()),
            result => result,
        }
    }

    /// Creates a folder in an existing one.
    pub(crate) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.before(Operation::MakeFolder(path))?;
        fs::create_dir(path)
    }

    /// Removes a file, a symbolic link, or a folder with all it holds. Nothing there is fine.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.before(Operation::Remove(path))?;
        let result = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

/// A file being written.
pub(crate) struct DiskFile {
    disk: Disk,
    file: Arc<File>,
    path: Box<Path>,
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.before(Operation::Write(&self.path))?;
        (&*self.file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The renames that not every system has.
#[derive(Clone, Copy)]
enum Special {
    NoReplace,
    Exchange,
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_with(from: &Path, to: &Path, special: Special) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let flags = match special {
        Special::NoReplace => RenameFlags::NOREPLACE,
        Special::Exchange => RenameFlags::EXCHANGE,
    };
    Ok(renameat_with(CWD, from, CWD, to, flags)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_with(_: &Path, _: &Path, _: Special) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether the kernel or the file system lacks the operation, rather than refusing this one.
fn lacks(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, Unsupported};
    matches!(error.kind(), InvalidInput | Unsupported)
}

/// A hard link fails where something stands, on every system that has them.
fn publish_by_link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            // The data is published; a name too many in the staging folder is swept some day.
            let _ = fs::remove_file(from);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // No hard links either (FAT, some FUSE): among servers the commit lock serialises.
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_never_replaces() {
        for publish in [|from: &Path, to: &Path| Disk::default().publish(from, to), publish_by_link]
        {
            let folder = tempfile::tempdir().unwrap();
            let (from, to) = (folder.path().join("from"), folder.path().join("to"));
            fs::write(&from, "new").unwrap();
            publish(&from, &to).unwrap();
            assert!(!from.exists());
            fs::write(&from, "newer").unwrap();
            let error = publish(&from, &to).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&to).unwrap(), b"new");
            assert_eq!(fs::read(&from).unwrap(), b"newer");
        }
    }

    #[test]
    fn a_file_and_a_folder_change_places() {
        let folder = tempfile::tempdir().unwrap();
        let (file, inner) = (folder.path().join("file"), folder.path().join("folder"));
        fs::write(&file, "x").unwrap();
        fs::create_dir(&inner).unwrap();
        Disk::default().exchange(&file, &inner).unwrap();
        assert!(file.is_dir());
        assert_eq!(fs::read(&inner).unwrap(), b"x");
    }
}
