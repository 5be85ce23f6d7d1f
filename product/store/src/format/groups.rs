//! Where a file can be cut without decoding any of it: its row groups, or the batches of an Arrow
//! IPC file.

/// Groups that are smaller together are not told apart: a file of a million batches of ten rows
/// would be known in more detail than anybody reads it in.
const BYTES_MIN: u64 = 1 << 20;

/// Some row groups of a Parquet file, or batches of an Arrow IPC file, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    /// The first group that does not belong to them.
    pub(crate) end: usize,
    /// Their rows.
    pub(crate) rows: u64,
    /// Their bytes on disk.
    pub(crate) bytes: u64,
}

/// The groups of a file, the small ones together.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupList(Vec<Groups>);

impl GroupList {
    /// Adds the next group.
    pub(crate) fn push(&mut self, rows: u64, bytes: u64) {
        match self.0.last_mut() {
            Some(last) if last.bytes.saturating_add(bytes) <= BYTES_MIN => {
                last.end += 1;
                last.rows = last.rows.saturating_add(rows);
                last.bytes = last.bytes.saturating_add(bytes);
            }
            last => {
                let end = last.map_or(0, |last| last.end) + 1;
                self.0.push(Groups { end, rows, bytes });
            }
        }
    }

    /// The rows of all.
    pub(crate) fn rows(&self) -> u64 {
        self.0.iter().map(|groups| groups.rows).fold(0, u64::saturating_add)
    }

    /// The groups, from the front of the file; empty where the format has none.
    pub(crate) fn as_slice(&self) -> &[Groups] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_stand_together() {
        let mut list = GroupList::default();
        for bytes in [BYTES_MIN / 2, BYTES_MIN / 2, 1, BYTES_MIN, 3, 4] {
            list.push(10, bytes);
        }
        let groups = |end, rows, bytes| Groups { end, rows, bytes };
        let found = [
            groups(2, 20, BYTES_MIN),
            groups(3, 10, 1),
            groups(4, 10, BYTES_MIN),
            groups(6, 20, 7),
        ];
        assert_eq!(list.as_slice(), found);
        assert_eq!(list.rows(), 60);
    }
}
