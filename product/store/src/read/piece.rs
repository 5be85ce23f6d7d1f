//! A piece of a read: which row groups of which files.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A run of a dataset's files, from a row group of its first one to a row group of its last one.
/// Files are counted in the order in which the dataset is read, row groups from the front of their
/// file; batches take their place in Arrow IPC files. What of the run the request rules out is
/// ruled out of the piece too, so four numbers say all there is to say.
///
/// ```
/// let piece: wingbeat_store::Piece = serde_json::from_str("[3, 1, 5, 0]")?;
/// assert_eq!(piece.groups(3), Some(1..usize::MAX));
/// assert_eq!(piece.groups(4), Some(0..usize::MAX));
/// assert_eq!(piece.groups(5), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[usize; 4]", into = "[usize; 4]")]
pub struct Piece {
    /// The first file and its first row group.
    pub(super) from: (usize, usize),
    /// The last file and the first of its row groups that does not belong here.
    pub(super) until: (usize, usize),
}

impl Piece {
    /// The row groups of a file that belong to it, if there may be any.
    #[must_use]
    pub fn groups(&self, file: usize) -> Option<Range<usize>> {
        if file < self.from.0 || file > self.until.0 {
            return None;
        }
        let start = if file == self.from.0 { self.from.1 } else { 0 };
        let end = if file == self.until.0 { self.until.1 } else { usize::MAX };
        (start < end).then_some(start..end)
    }
}

impl From<[usize; 4]> for Piece {
    fn from([file, group, last, end]: [usize; 4]) -> Self {
        Self { from: (file, group), until: (last, end) }
    }
}

impl From<Piece> for [usize; 4] {
    fn from(piece: Piece) -> Self {
        [piece.from.0, piece.from.1, piece.until.0, piece.until.1]
    }
}
