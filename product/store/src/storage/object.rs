//! An object in one state, read in ranges.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore};

use super::failure::failed;
use super::runtime::{self, Started};
use super::stamp::Stamp;
use crate::StoreError;

/// What is read of an object's end at once: nearly all footers lie within, and small objects whole.
const TAIL_BYTES: u64 = 64 << 10;
/// Two ranges with less between them are read as one: a request costs about so many bytes.
const GAP_BYTES_MAX: u64 = 512 << 10;
/// The most that one request asks for; more is asked for in several at once.
const REQUEST_BYTES_MAX: u64 = 8 << 20;
/// How many requests of one reader are under way at once.
const PARALLEL: usize = 8;

/// An object in the state that was seen. Cheap to clone.
///
/// Every request names that state (If-Match), so that the bytes of two states never mix.
#[derive(Clone)]
pub(crate) struct Object {
    inner: Arc<Inner>,
}

struct Inner {
    objects: Arc<dyn ObjectStore>,
    key: Key,
    name: Arc<Path>,
    tag: Option<String>,
    len: u64,
    tail: OnceLock<Bytes>,
    /// The first failure. Format libraries make texts of errors, and the reason would be lost.
    trouble: Mutex<Option<StoreError>>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.inner.name).finish()
    }
}

/// Pieces of an object that are in memory, by their positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pieces: Arc<[(u64, Bytes)]>,
}

impl Held {
    /// The bytes of a range, where one piece has all of them.
    pub(crate) fn get(&self, range: &Range<u64>) -> Option<Bytes> {
        let (at, bytes) = self.piece(range.start)?;
        part(bytes, *at, range)
    }

    /// The bytes from a position to the end of its piece.
    pub(crate) fn rest(&self, from: u64) -> Option<Bytes> {
        let (at, bytes) = self.piece(from)?;
        part(bytes, *at, &(from..at + bytes.len() as u64))
    }

    /// The last piece that does not begin behind a position.
    fn piece(&self, position: u64) -> Option<&(u64, Bytes)> {
        let after = self.pieces.partition_point(|(at, _)| *at <= position);
        self.pieces.get(after.checked_sub(1)?)
    }
}

impl Object {
    /// The object at `key`, which errors call `name`.
    pub(super) fn new(
        objects: Arc<dyn ObjectStore>,
        key: Key,
        name: Arc<Path>,
        stamp: &Stamp,
    ) -> Self {
        let tag = stamp.tag().map(str::to_owned);
        let (tail, trouble) = Default::default();
        let inner = Inner { objects, key, name, tag, len: stamp.len, tail, trouble };
        Self { inner: Arc::new(inner) }
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.inner.len
    }

    /// Reads a range that lies within the object. Blocks.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let tail_at = self.inner.len.saturating_sub(TAIL_BYTES);
        if range.start >= tail_at {
            let tail = match self.inner.tail.get() {
                Some(tail) => tail.clone(),
                None => {
                    let tail = self.request(tail_at..self.inner.len)?;
                    self.inner.tail.get_or_init(|| tail).clone()
                }
            };
            return part(&tail, tail_at, &range).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        self.request(range)
    }

    fn request(&self, range: Range<u64>) -> io::Result<Bytes> {
        let object = self.clone();
        let bytes = runtime::wait(async move {
            let pieces: Vec<Bytes> = stream::iter(cut(range))
                .map(|range| object.get(range))
                .buffered(PARALLEL)
                .try_collect()
                .await?;
            Ok(joined(pieces))
        });
        bytes.map_err(|error| self.note(error))
    }

    /// Starts to read ranges, which lie within the object, into memory.
    pub(crate) fn fetch(&self, ranges: Vec<Range<u64>>) -> Result<Started<Held>, StoreError> {
        let object = self.clone();
        runtime::start(async move {
            let merged = merge(ranges);
            let requests = merged.iter().flat_map(|range| cut(range.clone()));
            let pieces: Vec<(u64, Bytes)> = stream::iter(requests.collect::<Vec<_>>())
                .map(|range| async { Ok((range.start, object.get(range).await?)) })
                .buffered(PARALLEL)
                .try_collect::<Vec<_>>()
                .await?;
            Ok(Held { pieces: gather(&merged, pieces).into() })
        })
    }

    async fn get(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let inner = &self.inner;
        let options = GetOptions {
            if_match: inner.tag.clone(),
            range: Some(GetRange::Bounded(range.clone())),
            ..GetOptions::default()
        };
        let failed = |error| failed(&inner.name, error);
        let result = inner.objects.get_opts(&inner.key, options).await.map_err(failed)?;
        let bytes = result.bytes().await.map_err(failed)?;
        if bytes.len() as u64 == range.end - range.start {
            return Ok(bytes);
        }
        Err(StoreError::corrupt(&inner.name, "the object is shorter than its listing says"))
    }

    /// Keeps a failure for whoever asks why a format library gave up.
    fn note(&self, error: StoreError) -> io::Error {
        let text = error.to_string();
        let mut trouble = self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert(error);
        io::Error::other(text)
    }

    /// Why the last read failed, once.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The bytes of a range, if those that begin at `at` have all of them.
fn part(bytes: &Bytes, at: u64, range: &Range<u64>) -> Option<Bytes> {
    let start = usize::try_from(range.start.checked_sub(at)?).ok()?;
    let end = usize::try_from(range.end.checked_sub(at)?).ok()?;
    (start <= end && end <= bytes.len()).then(|| bytes.slice(start..end))
}

/// Ranges in their order, those that nearly touch made one.
fn merge(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP_BYTES_MAX) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// A range as the requests that are made for it.
fn cut(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    let starts = (range.start..end).step_by(usize::try_from(REQUEST_BYTES_MAX).unwrap_or(1));
    starts.map(move |start| start..end.min(start + REQUEST_BYTES_MAX))
}

/// What came for the requests of each range, as one piece a range.
fn gather(ranges: &[Range<u64>], pieces: Vec<(u64, Bytes)>) -> Vec<(u64, Bytes)> {
    let mut pieces = pieces.into_iter().peekable();
    let mut gathered = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut own = Vec::new();
        while let Some((_, bytes)) = pieces.next_if(|(at, _)| range.contains(at)) {
            own.push(bytes);
        }
        gathered.push((range.start, joined(own)));
    }
    gathered
}

/// Pieces as one; a single one is not copied.
fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() == 1 {
        return pieces.pop().unwrap_or_default();
    }
    pieces.concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn ranges_that_nearly_touch_are_one_and_long_ones_are_cut() {
        let merged = merge(vec![5 * MIB..6 * MIB, 0..10, 20..30, 7 * MIB..7 * MIB, MIB..2 * MIB]);
        assert_eq!(merged, [0..30, MIB..2 * MIB, 5 * MIB..6 * MIB]);
        let cut: Vec<_> = cut(3..3 + 17 * MIB).collect();
        assert_eq!(cut, [3..3 + 8 * MIB, 3 + 8 * MIB..3 + 16 * MIB, 3 + 16 * MIB..3 + 17 * MIB]);
    }

    #[test]
    fn what_came_in_pieces_is_found_by_its_place() {
        let (first, second) = (Bytes::from_static(b"abc"), Bytes::from_static(b"defg"));
        let pieces = vec![(10, first.clone()), (13, second), (40, first)];
        let held = Held { pieces: gather(&[10..17, 40..43], pieces).into() };
        assert_eq!(held.get(&(12..15)).unwrap(), "cde");
        assert_eq!(held.get(&(40..43)).unwrap(), "abc");
        assert_eq!(held.rest(15).unwrap(), "fg");
        assert_eq!(held.rest(18), None);
        for absent in [9..12, 15..18, 17..18, 39..41, 43..44] {
            assert_eq!(held.get(&absent), None, "{absent:?}");
        }
    }
}
