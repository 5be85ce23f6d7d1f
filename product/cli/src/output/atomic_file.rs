//! A file that is written beside its place and appears there when it is complete.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::exit::{Failure, Outcome};

/// A file being written; dropped before [`persist`](Self::persist), nothing is left of it.
///
/// It is kept apart from the writer, which may be busy on another thread when it is dropped.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    beside: TempPath,
    target: PathBuf,
}

/// Where the bytes of an output file go.
#[derive(Debug)]
pub(crate) enum Place {
    /// Into a new file, which takes the old one's place at the end.
    Beside(AtomicFile),
    /// Into what is there and is no file: a device or a pipe.
    Direct,
}

impl Place {
    /// Begins to write `target`: the place, and the file to write into.
    ///
    /// A symbolic link stays; what it leads to is written. A file that is there keeps its mode.
    pub(crate) fn open(target: &Path) -> Outcome<(Self, File)> {
        Self::open_with(target, None)
    }

    /// The same with this mode, whichever the file has that is there.
    fn open_with(target: &Path, mode: Option<u32>) -> Outcome<(Self, File)> {
        let failed = |e: io::Error| cannot_write(target, &e);
        let old = match std::fs::metadata(target) {
            Ok(old) => Some(old),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(failed(e)),
        };
        if old.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let file = File::options().write(true).open(target).map_err(failed)?;
            return Ok((Self::Direct, file));
        }
        let end = if target.is_symlink() {
            target.canonicalize().map_err(failed)?
        } else {
            target.to_path_buf()
        };
        // What `File::create` would give, before the process's umask; a temporary file is private
        // else.
        let (file, beside) = create_beside(&end, mode.unwrap_or(0o666)).map_err(failed)?;
        if let Some(old) = old.filter(|_| mode.is_none()) {
            file.set_permissions(old.permissions()).map_err(failed)?;
        }
        Ok((Self::Beside(AtomicFile { beside, target: end }), file))
    }

    /// Puts the complete file in its place.
    pub(crate) fn persist(self) -> Outcome {
        match self {
            Self::Beside(file) => file.persist(),
            Self::Direct => Ok(()),
        }
    }
}

impl AtomicFile {
    fn persist(self) -> Outcome {
        let Self { beside, target } = self;
        beside.persist(&target).map_err(|e| cannot_write(&target, &e.error))
    }
}

fn create_beside(target: &Path, mode: u32) -> io::Result<(File, TempPath)> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::metadata(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let file = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".part")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder);
    file.map(tempfile::NamedTempFile::into_parts).map_err(|e| {
        // The text of the error would name the file beside, which nobody asked for.
        e.kind().into()
    })
}

/// Writes a file that is its owner's alone: it appears whole or not at all.
pub(crate) fn write_private(target: &Path, bytes: &[u8]) -> Outcome {
    let (place, mut file) = Place::open_with(target, Some(0o600))?;
    file.write_all(bytes).map_err(|e| cannot_write(target, &e))?;
    place.persist()
}

/// The failure to write `target`; a reader that went away is none.
pub(crate) fn cannot_write(target: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::BrokenPipe;
    }
    Failure::local(format_args!("cannot write {}: {error}", target.display()))
}

/// Stdout as a writer that owns nothing else.
pub(crate) fn stdout() -> Box<dyn Write + Send> {
    Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.csv");
        let (place, mut file) = Place::open(&target).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!target.exists());
        place.persist().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        drop(Place::open(&target).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_and_a_mode_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("x.csv"), folder.path().join("link.csv"));
        std::fs::write(&target, "old").unwrap();
        std::fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
        symlink("x.csv", &link).unwrap();
        let (place, mut file) = Place::open(&link).unwrap();
        file.write_all(b"new").unwrap();
        place.persist().unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_device_is_written_and_not_replaced() {
        let (place, _) = Place::open(Path::new("/dev/null")).unwrap();
        assert!(matches!(place, Place::Direct));
    }
}
