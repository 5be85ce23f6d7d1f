//! The settings of a store.

use std::time::Duration;

use crate::format::ReadOptions;
use crate::storage::BucketSettings;

/// Settings of a [`Store`](crate::Store); the default suits a folder on a local disk.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Refuses every write.
    pub read_only: bool,
    /// How text files are read, where no schema file beside them says otherwise.
    pub read: ReadOptions,
    /// How old the index may grow before a look-up scans the folder again (default 1 s).
    pub rescan_after: Duration,
    /// How long a file that looks unfinished must lie still before it counts as it is (default
    /// 2 s).
    pub settle: Duration,
    /// How many batches may be decoded at once, over all streams (default: the number of cores).
    pub decoders_max: usize,
    /// How many bytes of decoded batches wait in front of a slow reader, per stream (default
    /// 16 MiB, which is what goes onto the wire at once). The batch that passes it is still kept.
    pub ahead_bytes_max: usize,
    /// The rows of a batch (default 65 536).
    pub batch_rows_max: usize,
    /// The bytes of a batch that the reader aims at (default 4 MiB); a single row may exceed it.
    pub batch_bytes_target: usize,
    /// Settings of the object store, besides those of the environment.
    pub bucket: BucketSettings,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            read_only: false,
            read: ReadOptions::default(),
            rescan_after: Duration::from_secs(1),
            settle: Duration::from_secs(2),
            decoders_max: std::thread::available_parallelism().map_or(4, usize::from),
            ahead_bytes_max: 16 << 20,
            batch_rows_max: 64 * 1024,
            batch_bytes_target: 4 << 20,
            bucket: BucketSettings::default(),
        }
    }
}

impl StoreOptions {
    /// Refuses every write, or not.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets the settings of the object store.
    #[must_use]
    pub fn with_bucket(mut self, settings: BucketSettings) -> Self {
        self.bucket = settings;
        self
    }
}
