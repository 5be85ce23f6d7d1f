//! The input of a text format: gzip undone, its beginning looked at and put back.

use std::io::{self, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::StoreError;

/// The two bytes that begin every gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How much of a text inference looks at.
const SAMPLE_BYTES_MAX: u64 = 1 << 20;
/// The three bytes that some programs put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A text input with its beginning at hand.
pub(crate) struct TextSource {
    /// The beginning, ending in a whole line unless the input ends first or a line is longer.
    pub(crate) sample: Vec<u8>,
    /// Whether there is more than the sample.
    pub(crate) truncated: bool,
    /// Everything, the beginning included.
    pub(crate) input: Box<dyn Read + Send>,
}

impl TextSource {
    /// Opens a text; `gzip` as in [`ReadOptions`](super::ReadOptions).
    pub(crate) fn open(
        mut input: Box<dyn Read + Send>,
        gzip: Option<bool>,
        name: &Path,
    ) -> Result<Self, StoreError> {
        let failed = |error: io::Error| read_error(name, error);
        let mut magic = Vec::with_capacity(2);
        (&mut input).take(2).read_to_end(&mut magic).map_err(failed)?;
        let packed = gzip.unwrap_or(magic == GZIP_MAGIC);
        let input = Cursor::new(magic).chain(input);
        let mut input: Box<dyn Read + Send> =
            if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
        let mut start = Vec::new();
        (&mut input).take(SAMPLE_BYTES_MAX).read_to_end(&mut start).map_err(failed)?;
        if start.starts_with(BYTE_ORDER_MARK) {
            start.drain(..BYTE_ORDER_MARK.len());
        }
        let whole = (start.len() as u64) < SAMPLE_BYTES_MAX - BYTE_ORDER_MARK.len() as u64;
        let last_line = start.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
        let end = last_line.filter(|_| !whole).unwrap_or(start.len());
        let sample = start.get(..end).unwrap_or_default().to_vec();
        let input = Box::new(Cursor::new(start).chain(input));
        Ok(Self { sample, truncated: !whole, input: input as Box<dyn Read + Send> })
    }
}

/// An error while a text is read; one of the gzip decoder says the file is corrupt.
pub(crate) fn read_error(name: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            StoreError::corrupt(name, error)
        }
        _ => StoreError::io(name, error),
    }
}
