//! Splitting a planned read into pieces that can be read apart, on any machine.

use super::piece::Piece;
use super::plan::{Planned, ReadPlan};

/// How a read is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitOptions {
    /// The bytes on disk that a piece aims at (default 64 MiB: about a row group as most programs,
    /// this one included, write them, which cannot be split; and a tenth of a second's work, beside
    /// which opening a piece does not count).
    pub bytes_target: u64,
    /// About the most pieces (default 1000). A dataset of more bytes has larger ones.
    pub pieces_max: usize,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { bytes_target: 64 << 20, pieces_max: 1000 }
    }
}

/// A piece of a planned read.
#[derive(Clone, Debug)]
pub struct PlannedPiece {
    /// The plan of this piece alone.
    pub plan: ReadPlan,
    /// The rows that it will yield, where that is known.
    pub rows: Option<u64>,
    /// The bytes on disk that it reads, where that says something about its content.
    pub bytes: Option<u64>,
    /// What it begins with: the same text for as long as that is in the same place of the same
    /// file, whatever the rest of the dataset does.
    pub key: String,
}

/// What cannot be split: a file, or some row groups of it.
struct Atom {
    from: (usize, usize),
    until: (usize, usize),
    rows: Option<u64>,
    bytes: u64,
}

impl Planned {
    /// Splits the read at the borders of files and row groups. One piece after the other is the
    /// whole, in its order. A read with a limit or an offset is one piece, since where its rows lie
    /// is known only when they are counted.
    #[must_use]
    pub fn split(&self, options: &SplitOptions) -> Vec<PlannedPiece> {
        let request = &self.plan.request;
        if request.limit.is_some() || request.offset > 0 {
            return vec![self.as_one()];
        }
        let atoms = self.atoms();
        let total = atoms.iter().map(|atom| atom.bytes).fold(0, u64::saturating_add);
        // Two that stand side by side are more than the target together.
        let most = (options.pieces_max as u64).max(1);
        let target = options.bytes_target.max(total.saturating_mul(2).div_ceil(most));
        let mut runs: Vec<Atom> = Vec::new();
        for atom in atoms {
            match runs.last_mut() {
                Some(run) if run.bytes.saturating_add(atom.bytes) <= target => run.extend(&atom),
                _ => runs.push(atom),
            }
        }
        if runs.len() <= 1 {
            return vec![self.as_one()];
        }
        runs.iter().map(|run| self.piece(run)).collect()
    }

    /// All of it.
    fn as_one(&self) -> PlannedPiece {
        let first = self.parts.as_ref().map_or(Some(0), |parts| parts.first().copied());
        let key = self.key(first.unwrap_or(0), 0);
        PlannedPiece { plan: self.plan.clone(), rows: self.rows, bytes: self.bytes, key }
    }

    fn piece(&self, run: &Atom) -> PlannedPiece {
        let piece = Piece { from: run.from, until: run.until };
        PlannedPiece {
            plan: ReadPlan { piece: Some(piece), ..self.plan.clone() },
            rows: run.rows.filter(|_| self.is_unfiltered),
            bytes: self.bytes.map(|_| run.bytes),
            key: self.key(run.from.0, run.from.1),
        }
    }

    fn key(&self, part: usize, group: usize) -> String {
        let name = self.dataset.name();
        match self.dataset.parts.get(part) {
            Some(part) => format!("{name}\n{}\n{group}", part.path.display()),
            None => name.to_string(),
        }
    }

    fn atoms(&self) -> Vec<Atom> {
        let mut atoms = Vec::new();
        let parts = self.dataset.parts.iter().enumerate();
        let mut chosen = self.parts.as_ref().map(|chosen| chosen.iter().copied().peekable());
        for (at, part) in parts {
            if chosen.as_mut().is_some_and(|chosen| chosen.next_if_eq(&at).is_none()) {
                continue;
            }
            let groups = part.facts.groups.as_slice();
            if groups.len() <= 1 {
                let (rows, bytes) = (part.facts.rows, part.stamp.len);
                atoms.push(Atom { from: (at, 0), until: (at + 1, 0), rows, bytes });
                continue;
            }
            let mut begin = 0;
            for some in groups {
                let (from, until) = ((at, begin), (at, some.end));
                atoms.push(Atom { from, until, rows: Some(some.rows), bytes: some.bytes });
                begin = some.end;
            }
        }
        atoms
    }
}

impl Atom {
    /// Adds what comes next.
    fn extend(&mut self, next: &Self) {
        self.until = next.until;
        self.rows = self.rows.zip(next.rows).map(|(a, b)| a.saturating_add(b));
        self.bytes = self.bytes.saturating_add(next.bytes);
    }
}

#[cfg(test)]
mod tests;
