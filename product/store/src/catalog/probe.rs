//! A look into one file: its schema and what it knows about itself, or why it has none.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use arrow_schema::SchemaRef;
use flate2::read::MultiGzDecoder;

use super::scan::FileEntry;
use crate::commit::MARK_KEY;
use crate::error::StoreError;
use crate::format::{Format, GroupList, Opened, ReadOptions, SchemaFile};
use crate::storage::{Found, Place, Stamp};

/// The largest schema file.
const SCHEMA_BYTES_MAX: u64 = 16 << 20;
/// The largest fresh gzip file that is unpacked to see whether it is whole.
const GZIP_TRIAL_BYTES_MAX: u64 = 4 << 20;
/// What an Arrow stream that was closed ends in.
const STREAM_END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
/// A file that was seen to grow must lie still so many times longer than another.
const GROWN_FACTOR: u32 = 5;

/// What is known of a file that can be read.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its schema.
    pub(crate) schema: SchemaRef,
    /// Its rows, where the format counts them.
    pub(crate) rows: Option<u64>,
    /// Where it can be cut, where the format tells.
    pub(crate) groups: GroupList,
    /// Whether this store wrote it.
    pub(crate) written: bool,
    /// How it is read: for a text with the schema settled.
    pub(crate) options: ReadOptions,
}

/// The outcome of a probe.
#[derive(Clone, Debug)]
pub(crate) enum Probe {
    /// It can be read.
    Ready(Arc<Facts>),
    /// It is still being written.
    Growing,
    /// It cannot be read, and why.
    Broken(Arc<StoreError>),
}

/// Opens files to see what they hold.
pub(crate) struct Prober<'a> {
    pub(crate) place: &'a Place,
    pub(crate) options: &'a ReadOptions,
    pub(crate) settle: Duration,
}

impl Prober<'_> {
    /// Looks into a file; `before` is its state at the last scan.
    pub(crate) fn probe(&self, file: &FileEntry, before: Option<&Stamp>) -> Probe {
        let grown = before.is_some_and(|before| before.len < file.stamp.len);
        let still = if grown { self.settle * GROWN_FACTOR } else { self.settle };
        let fresh = is_fresh(file.stamp.modified, still);
        if fresh && self.looks_unfinished(file, grown) {
            return Probe::Growing;
        }
        match self.facts(file) {
            Ok(facts) => Probe::Ready(Arc::new(facts)),
            Err(error) => Probe::Broken(Arc::new(error)),
        }
    }

    /// Opens the file.
    fn facts(&self, file: &FileEntry) -> Result<Facts, StoreError> {
        let mut options = self.options.clone();
        if let Some((path, stamp)) = &file.schema {
            let text = self.place.read(path, stamp, SCHEMA_BYTES_MAX)?;
            options = SchemaFile::parse(&text, path)?.apply(&options, path)?;
        }
        let source = match self.place.open(&file.path, &file.stamp)? {
            Found::Same(source) => source,
            Found::Gone => return Err(StoreError::io(&file.path, io::ErrorKind::NotFound.into())),
            Found::Other => return Err(StoreError::corrupt(&file.path, "it is being written to")),
        };
        let opened = Opened::open(source, file.format, &options)?;
        let schema = opened.schema().clone();
        let (rows, groups, written) = match &opened {
            Opened::Parquet(file) => {
                (Some(file.rows()), file.groups(), file.footer_value(MARK_KEY).is_some())
            }
            Opened::IpcFile(file) => {
                let groups = file.groups()?;
                (Some(groups.rows()), groups, file.footer_value(MARK_KEY).is_some())
            }
            Opened::Stream(..) => (None, GroupList::default(), false),
        };
        if file.format.is_text() {
            options.schema_settled = file.format == Format::Csv || options.schema.is_none();
            options.schema = Some(schema.clone());
        }
        Ok(Facts { schema, rows, groups, written, options })
    }

    /// Whether a fresh file begins as one of its format does, and does not end as a whole one.
    fn looks_unfinished(&self, file: &FileEntry, grown: bool) -> bool {
        let len = file.stamp.len;
        // Objects come whole or not at all.
        let Place::Folder(root) = self.place else { return false };
        let Ok(handle) = root.open_file(&file.path) else { return false };
        let begins = |magic: &[u8]| has_at(&handle, Some(0), magic);
        let ends = |end: &[u8]| has_at(&handle, len.checked_sub(end.len() as u64), end);
        match file.format {
            Format::Parquet => begins(b"PAR1") && !(len > 8 && ends(b"PAR1")),
            Format::Arrow if begins(b"ARROW1") => !(len > 8 && ends(b"ARROW1")),
            Format::Arrow | Format::ArrowStream => begins(&[0xff; 4]) && !ends(&STREAM_END),
            Format::Csv | Format::Ndjson if begins(&[0x1f, 0x8b]) => {
                len > GZIP_TRIAL_BYTES_MAX || !unpacks(handle)
            }
            // Buffered writers stop anywhere, and rarely at the end of a line.
            Format::Csv | Format::Ndjson => grown || !ends(b"\n"),
        }
    }
}

/// Looks into several files, so many at once; nothing where one after the other is as good.
pub(crate) fn look_at(
    prober: &Prober<'_>,
    files: &[&FileEntry],
    at_once: usize,
) -> HashMap<PathBuf, Probe> {
    let looked = Mutex::new(HashMap::new());
    let next = AtomicUsize::new(0);
    let look = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let probe = prober.probe(file, None);
            let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
            looked.insert(file.path.clone(), probe);
        }
    };
    if at_once > 1 {
        thread::scope(|scope| {
            for _ in 0..at_once.min(files.len()) {
                scope.spawn(look);
            }
        });
    }
    looked.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a file was written so shortly ago.
fn is_fresh(modified: Option<SystemTime>, still: Duration) -> bool {
    let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    // A time in the future, or none, says nothing: such a file is taken as it is.
    age.is_some_and(|age| age < still)
}

/// Whether a file has these bytes at a position.
fn has_at(file: &File, at: Option<u64>, want: &[u8]) -> bool {
    let mut found = vec![0; want.len()];
    at.is_some_and(|at| file.read_exact_at(&mut found, at).is_ok()) && found == want
}

/// Whether a gzip file is whole.
fn unpacks(file: File) -> bool {
    io::copy(&mut MultiGzDecoder::new(file), &mut io::sink()).is_ok()
}

/// An error again from one that is kept: what was wrong with a file is told to every caller.
pub(crate) fn again(error: &StoreError, path: &Path) -> StoreError {
    match error {
        StoreError::Corrupt { file, reason } => {
            StoreError::Corrupt { file: file.clone(), reason: reason.clone() }
        }
        StoreError::BadValue { file, line, column, value, expected } => StoreError::BadValue {
            file: file.clone(),
            line: *line,
            column: column.clone(),
            value: value.clone(),
            expected: expected.clone(),
        },
        StoreError::Unsupported { reason } => StoreError::Unsupported { reason: reason.clone() },
        StoreError::Unavailable { path, reason } => {
            StoreError::Unavailable { path: path.clone(), reason: reason.clone() }
        }
        StoreError::Io { path, source } => StoreError::Io {
            path: path.clone(),
            source: io::Error::new(source.kind(), source.to_string()),
        },
        other => StoreError::corrupt(path, other),
    }
}
