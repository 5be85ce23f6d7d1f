//! [`Watched`]: what stands in a file, read again when the file changes.

use std::fmt;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::LoadError;

/// How often a file is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How large such a file may be.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The group of a file and everybody else.
const READABLE_BY_OTHERS: u32 = 0o044;

type Parse<T> = dyn Fn(&[u8]) -> Result<T, String> + Send + Sync;

/// What stands in a file, read again when the file changes: it is looked at when somebody asks, at
/// most once a second. Clones share it.
pub struct Watched<T>(Arc<Inner<T>>);

struct Inner<T> {
    source: Option<Source<T>>,
    state: Mutex<State<T>>,
}

struct Source<T> {
    path: PathBuf,
    parse: Box<Parse<T>>,
    is_secret: fn(&T) -> bool,
}

struct State<T> {
    value: Arc<T>,
    /// What the file looked like when it was read; `None` after one that could not be used.
    stamp: Option<Stamp>,
    checked: Instant,
    interval: Duration,
}

/// By what another content is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    inode: u64,
    /// Who may read it is said anew when that changes.
    mode: u32,
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// What stands in a file, as `parse` understands it. What `parse` refuses while the server runs
    /// is logged, and changes nothing.
    ///
    /// # Errors
    /// When the file cannot be read, or `parse` refuses it.
    pub fn new(
        path: PathBuf,
        parse: impl Fn(&[u8]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, LoadError> {
        Self::new_secret(path, parse, |_| false)
    }

    /// The same for what may be secret: each time such a file is read that others than its owner
    /// can read, the log says so.
    pub(crate) fn new_secret(
        path: PathBuf,
        parse: impl Fn(&[u8]) -> Result<T, String> + Send + Sync + 'static,
        is_secret: fn(&T) -> bool,
    ) -> Result<Self, LoadError> {
        let source = Source { path, parse: Box::new(parse), is_secret };
        let (bytes, stamp) = read(&source.path)?;
        let value = source.take(&bytes, &stamp)?;
        Ok(Self::of(Some(source), value, Some(stamp)))
    }

    /// What never changes.
    pub fn fixed(value: T) -> Self {
        Self::of(None, value, None)
    }

    fn of(source: Option<Source<T>>, value: T, stamp: Option<Stamp>) -> Self {
        let (value, checked) = (Arc::new(value), Instant::now());
        let state = State { value, stamp, checked, interval: CHECK_INTERVAL };
        Self(Arc::new(Inner { source, state: Mutex::new(state) }))
    }

    /// Sets how often the file is looked at.
    #[cfg(test)]
    pub(crate) fn set_interval(&self, interval: Duration) {
        self.0.state().interval = interval;
    }

    /// What stands there now, or stood there until a moment ago.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn current(&self) -> Arc<T> {
        if self.0.is_due() {
            let inner = self.0.clone();
            // Runs to its end even if nobody waits for it any more.
            let checked = tokio::task::spawn_blocking(move || inner.check()).await;
            if checked.is_err() {
                tracing::error!("a check of a file of secrets panicked");
            }
        }
        self.0.state().value.clone()
    }
}

impl<T> Inner<T> {
    /// Whether it is time to look; true once an interval.
    fn is_due(&self) -> bool {
        let mut state = self.state();
        let is_due = self.source.is_some() && state.checked.elapsed() >= state.interval;
        if is_due {
            state.checked = Instant::now();
        }
        is_due
    }

    /// Reads the file if it is another one. What cannot be used leaves things as they were.
    fn check(&self) {
        let Some(source) = &self.source else { return };
        let found = std::fs::metadata(&source.path).ok().as_ref().map(Stamp::of);
        if found.is_some() && found == self.state().stamp {
            return;
        }
        let loaded = read(&source.path).and_then(|(bytes, stamp)| {
            let value = source.take(&bytes, &stamp).map(Arc::new);
            let mut state = self.state();
            // Not read again until it is another one. Under one lock with the value, so that two
            // checks at once leave a stamp and a value of the same file.
            state.stamp = Some(stamp);
            state.value = value?;
            Ok(())
        });
        match loaded {
            Ok(()) => tracing::info!(path = %source.path.display(), "read again"),
            Err(error) => tracing::error!(%error, "what was read before holds"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Only whole values are put in.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Source<T> {
    /// What a file says that was read, and who else can read it where that matters.
    fn take(&self, bytes: &[u8], stamp: &Stamp) -> Result<T, LoadError> {
        let value = (self.parse)(bytes).map_err(|reason| content(&self.path, reason))?;
        if stamp.mode & READABLE_BY_OTHERS != 0 && (self.is_secret)(&value) {
            let path = self.path.display();
            tracing::warn!(%path, "others than its owner can read the secrets");
        }
        Ok(value)
    }
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            len: metadata.len(),
            inode: metadata.ino(),
            mode: metadata.permissions().mode(),
        }
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, Stamp), LoadError> {
    let failed = |source| LoadError::Read { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.len() > FILE_BYTES_MAX {
        let found = metadata.len();
        let reason = format!("it has {found} bytes, at most {FILE_BYTES_MAX} are read");
        return Err(content(path, reason));
    }
    if metadata.permissions().mode() & 0o002 != 0 {
        tracing::warn!(path = %path.display(), "everybody on this machine can change it");
    }
    // Read after it was looked at: what is written in between is noticed the next time.
    let bytes = std::fs::read(path).map_err(failed)?;
    Ok((bytes, Stamp::of(&metadata)))
}

fn content(path: &Path, reason: String) -> LoadError {
    LoadError::Content { path: path.to_owned(), reason }
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.source.as_ref().map(|source| &source.path);
        f.debug_struct("Watched").field("path", &path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> Result<u32, String> {
        let text = String::from_utf8_lossy(bytes);
        text.trim().parse().map_err(|_| "no number".to_owned())
    }

    #[tokio::test]
    async fn a_file_is_read_again_when_it_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        let replace = |text: &str| {
            let new = folder.path().join("new");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, &path).unwrap();
        };
        assert!(matches!(Watched::new(path.clone(), number), Err(LoadError::Read { .. })));
        replace("x");
        let error = Watched::new(path.clone(), number).unwrap_err().to_string();
        assert!(error.ends_with("number: no number"), "{error}");
        replace("1");
        let watched = Watched::new(path.clone(), number).unwrap();
        replace("2");
        assert_eq!(*watched.current().await, 1, "not looked at before a second is over");
        watched.set_interval(Duration::ZERO);
        assert_eq!(*watched.current().await, 2);
        replace("nonsense");
        assert_eq!(*watched.current().await, 2, "what cannot be used changes nothing");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(*watched.current().await, 2);
        replace("30");
        assert_eq!(*watched.current().await, 30);
        assert_eq!(*Watched::fixed(7).current().await, 7);
    }
}
