//! Small files written whole and durably: nothing, or all of it, stands at their place.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::area::{Writing, refused};
use crate::StoreError;

/// What happens to a file that stands at the place already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placing {
    /// It stays, and the new one is refused; of several writers exactly one succeeds.
    New,
    /// It is replaced.
    Over,
}

impl Writing {
    /// Writes a file in a folder that is there. When this returns, file and name are on the disk.
    /// For those who hold the commit lock, or a share of it.
    ///
    /// # Errors
    /// `AlreadyExists` where something stands there and `placing` is [`Placing::New`].
    pub(crate) fn put(&self, to: &Path, pieces: &[&[u8]], placing: Placing) -> io::Result<()> {
        let draft = self.scratch_path();
        let written = self.put_through(&draft, to, pieces, placing);
        if written.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
        written?;
        self.disk.sync_folder(to.parent().unwrap_or_else(|| self.root()))
    }

    fn put_through(
        &self,
        draft: &Path,
        to: &Path,
        pieces: &[&[u8]],
        placing: Placing,
    ) -> io::Result<()> {
        let file = Arc::new(self.disk.create(draft)?);
        let mut target = self.disk.target(file.clone(), draft);
        for piece in pieces {
            target.write_all(piece)?;
        }
        self.disk.sync_file(&file, draft)?;
        match placing {
            Placing::New => self.disk.publish(draft, to),
            Placing::Over => self.disk.replace(draft, to),
        }
    }

    /// Waits until a folder's entries are on the disk.
    pub(crate) fn sync_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.disk.sync_folder(folder).map_err(|error| refused(folder, error))
    }

    /// Creates a folder in one that is there.
    pub(crate) fn make_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.disk.make_folder(folder).map_err(|error| refused(folder, error))
    }

    /// Removes a file or folder, durably once the folder it is in is synced.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
}
