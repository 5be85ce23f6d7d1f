//! A secret of the store's own, which every process on the folder shares.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use uuid::Uuid;

use super::area::{Writing, refused};
use crate::error::StoreError;
use crate::store::Store;

/// Its name in the store's own folder.
const NAME: &str = "secret";

impl Store {
    /// A random text that is the same for every process on this folder and for all time, in a file
    /// that its owner alone may read; made when it is first asked for. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::ReadOnly`] when there is none and the folder takes no writes, and in a bucket,
    /// [`StoreError::Io`] when it cannot be read.
    pub fn secret(&self) -> Result<String, StoreError> {
        if self.bucket().is_some() {
            let reason = "a bucket keeps no secret, as it has no owner alone".to_owned();
            return Err(StoreError::ReadOnly { reason });
        }
        let path = self.root().join(Writing::FOLDER).join(NAME);
        if let Some(secret) = read(&path)? {
            return Ok(secret);
        }
        if self.options().read_only {
            let reason = format!("there is no {}, and nothing is written", path.display());
            return Err(StoreError::ReadOnly { reason });
        }
        // Of two processes that make one at once the second finds that of the first.
        let writing = self.writing();
        let _lock = writing.lock()?;
        if let Some(secret) = read(&path)? {
            return Ok(secret);
        }
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let scratch = writing.scratch_path();
        let staged = write(&scratch, &secret).and_then(|()| fs::rename(&scratch, &path));
        staged.map_err(|error| {
            let _ = fs::remove_file(&scratch);
            refused(&path, error)
        })?;
        Ok(secret)
    }
}

fn read(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path, error)),
    }
}

fn write(path: &Path, secret: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::options::StoreOptions;

    #[test]
    fn one_for_all_processes_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let open = |read_only| {
            let options = StoreOptions::default().with_read_only(read_only);
            Store::open(folder.path(), options).unwrap()
        };
        let none = open(true).secret();
        assert!(matches!(none, Err(StoreError::ReadOnly { .. })), "{none:?}");
        let secrets: Vec<_> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                (0..8).map(|_| scope.spawn(|| open(false).secret().unwrap())).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0] && secret.len() == 64));
        assert_eq!(open(true).secret().unwrap(), secrets[0]);
        let file = folder.path().join(".wingbeat/secret").metadata().unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}
