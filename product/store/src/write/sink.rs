//! The bottom of every format writer: counts bytes and remembers the first failure.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::write::GzEncoder;

/// What a [`Sink`] has seen so far, shared with the writer above it.
///
/// The format libraries wrap an I/O error in errors of their own, some of them as text; the
/// original, with its kind, is kept here.
#[derive(Clone, Default)]
pub(super) struct SinkState(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    bytes: u64,
    failure: Option<io::Error>,
}

impl SinkState {
    /// The bytes written so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Takes the first I/O error that a write met.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failure.take()
    }

    fn note(&self, result: &io::Result<usize>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(bytes) => inner.bytes += *bytes as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                if inner.failure.is_none() {
                    inner.failure = Some(duplicate(error));
                }
            }
        }
    }
}

/// An error equal to this one: the code of the operating system where there is one.
fn duplicate(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// A writer that counts and remembers.
pub(super) struct Counted {
    target: Box<dyn Write + Send>,
    state: SinkState,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.target.write(bytes);
        self.state.note(&result);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.target.flush();
        self.state.note(&result.as_ref().map(|()| 0).map_err(duplicate));
        result
    }
}

/// Where a format writer writes to.
pub(super) enum Sink {
    /// Straight to the target.
    Plain(Counted),
    /// Through gzip.
    Gzip(Box<GzEncoder<Counted>>),
}

impl Sink {
    /// A sink over `target`, with gzip in between if asked.
    pub(super) fn new(target: Box<dyn Write + Send>, gzip: bool) -> (Self, SinkState) {
        let state = SinkState::default();
        let counted = Counted { target, state: state.clone() };
        let sink = if gzip {
            Self::Gzip(Box::new(GzEncoder::new(counted, flate2::Compression::default())))
        } else {
            Self::Plain(counted)
        };
        (sink, state)
    }

    /// Writes what is still held back, and the end of the gzip stream.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut counted) => counted.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(counted) => counted.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(counted) => counted.flush(),
            Self::Gzip(encoder) => encoder.flush(),
        }
    }
}
