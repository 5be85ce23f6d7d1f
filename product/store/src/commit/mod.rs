//! Writing datasets: staged beside, made durable, then published in one step.
//!
//! The order of a commit, and why a crash at any point loses nothing:
//!
//! 1. Batches go to a file in `.wingbeat/staging/`, which the index passes over. A crash leaves a
//!    file there that the next start sweeps away.
//! 2. The file is finished with its mark and synced. Its content is on the disk before any name
//!    points to it.
//! 3. Under the commit lock the file is renamed to its place: the old dataset or the new one
//!    stands there, never a part of either.
//! 4. The folder is synced, and only then is the commit acknowledged.
//!
//! Where the new file has another name than the dataset it replaces (`trips.csv` by
//! `trips.parquet`), two entries change, which no rename does in one step. Then an intent is
//! written and synced before the first of them, and whoever takes the commit lock next completes
//! it. The new file is published before the old one goes, so that one of the two is always there.

mod area;
mod disk;
mod draft;
mod intent;
mod lock;
mod mark;
mod object;
mod occupant;
mod outcome;
mod publish;
mod remove;
mod secret;
mod stage;
mod staged;
mod staged_file;
mod table;
mod table_commit;
mod target;
mod whole;

pub use outcome::{Commit, Dropped};
pub use remove::DropOptions;
pub use stage::{StageOptions, WriteMode};
pub use staged::{Staged, StagedObject};

pub(crate) use area::Writing;
pub(crate) use draft::Draft;
pub(crate) use mark::{MARK_KEY, without_mark};
pub(crate) use whole::Placing;

#[cfg(test)]
mod tests;
