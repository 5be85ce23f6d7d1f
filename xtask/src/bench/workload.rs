//! The workloads, and how many batches of each one run moves.

/// One workload. What its batches hold, the contestants know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// What a full run moves.
    full: u64,
    /// A quick run moves a fraction of it: enough to leave the first milliseconds behind.
    quick: u64,
    /// The unit in which it is told: gigabytes, or, where batches are small, batches.
    pub(super) is_small: bool,
    /// What travels is smaller than what is told, so that a socket's speed says nothing.
    pub(super) is_compressed: bool,
}

/// How long a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Full,
    Quick,
    /// A handful of batches: whether it works, not how fast.
    Smoke,
}

/// In the order in which they are reported.
pub(super) const WORKLOADS: &[Workload] = &[
    workload("large", 512, 64),
    workload("medium", 4096, 512),
    small("small", 32768, 4096),
    small("tiny", 65536, 16384),
    workload("wide", 128, 32),
    workload("strings", 128, 32),
    workload("dictionary", 256, 256),
    workload("nested", 256, 256),
    compressed("lz4", 64, 64),
    compressed("zstd", 64, 64),
];

/// Bytes that a full run of the limit moves: as many as `large`.
pub(super) const LIMIT_BYTES: u64 = 512 * 131_072 * 4 * 8;

const fn workload(name: &'static str, full: u64, quick: u64) -> Workload {
    Workload { name, full, quick, is_small: false, is_compressed: false }
}

const fn small(name: &'static str, full: u64, quick: u64) -> Workload {
    Workload { is_small: true, ..workload(name, full, quick) }
}

const fn compressed(name: &'static str, full: u64, quick: u64) -> Workload {
    Workload { is_compressed: true, ..workload(name, full, quick) }
}

/// The workload of that name.
pub(super) fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

impl Workload {
    pub(super) fn batches(&self, length: Length) -> u64 {
        match length {
            Length::Full => self.full,
            Length::Quick => self.quick,
            Length::Smoke => 3,
        }
    }

    /// Whether a socket's bytes are what it could at best be as fast as.
    pub(super) fn is_by_bytes(&self) -> bool {
        !self.is_small && !self.is_compressed
    }

    /// As the contestants take it: `NAME:BATCHES`.
    pub(super) fn argument(&self, length: Length) -> String {
        format!("{}:{}", self.name, self.batches(length))
    }

    /// One of several streams that together move about what one stream moves alone.
    pub(super) fn share(&self, length: Length, streams: u32) -> String {
        let batches = (self.batches(length) / u64::from(streams)).max(1);
        format!("{}:{batches}", self.name)
    }
}

impl Length {
    /// What a run of the limit moves.
    pub(super) fn limit_bytes(self) -> u64 {
        match self {
            Self::Full => LIMIT_BYTES,
            Self::Quick => LIMIT_BYTES / 4,
            Self::Smoke => 1 << 24,
        }
    }
}
