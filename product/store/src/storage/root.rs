//! The store's folder, held open: files are opened below it and nowhere else.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::error::StoreError;

/// The folder.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    folder: File,
}

impl Root {
    /// Opens the folder; symbolic links on the way to it are followed.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io(path, error);
        let path = path.canonicalize().map_err(failed)?;
        let folder = File::open(&path).map_err(failed)?;
        if !folder.metadata().map_err(failed)?.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { path, folder })
    }

    /// The folder, absolute and without symbolic links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file for reading. A symbolic link that leads out of the folder is refused even when
    /// it was put there after the scan.
    pub(crate) fn open_file(&self, relative: &Path) -> Result<File, StoreError> {
        let file = self.open_beneath(relative).map_err(|error| StoreError::io(relative, error))?;
        Ok(file)
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, relative: &Path) -> io::Result<File> {
        use rustix::fs::{ResolveFlags, openat2};
        use rustix::io::Errno;

        // Not blocking: a named pipe in the place of a file must not hold a thread for ever.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.folder, relative, flags, Mode::empty(), resolve) {
            Ok(fd) => Ok(fd.into()),
            // An old kernel, or a sandbox without this call; an absolute link inside the folder.
            Err(Errno::NOSYS | Errno::PERM | Errno::XDEV) => self.open_checked(relative),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(&self, relative: &Path) -> io::Result<File> {
        self.open_checked(relative)
    }

    /// Opens a file after a look where its path leads.
    fn open_checked(&self, relative: &Path) -> io::Result<File> {
        let path = self.path.join(relative).canonicalize()?;
        let inside = path.strip_prefix(&self.path);
        let inside = inside.map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))?;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.folder, inside, flags, Mode::empty())?.into())
    }

    /// Whether a path, followed to its end, lies in the folder.
    pub(crate) fn contains(&self, relative: &Path) -> bool {
        let end = self.path.join(relative).canonicalize();
        end.is_ok_and(|end| end.starts_with(&self.path))
    }
}
