//! [`Workload`]: the table of all workloads, by name.

use std::fmt;
use std::str::FromStr;

use arrow_array::RecordBatch;
use wingbeat::{Compression, EncodeOptions, MessageSize};

use super::columns;

/// A batch, and how often it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// What a batch holds.
    pub kind: Kind,
    /// How often it is sent.
    pub batches: u64,
}

macro_rules! kinds {
    ($($name:literal $kind:ident $batches:literal $batch:expr, $compression:expr;)*) => {
        /// A row of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names of the workloads, told in the table")]
        pub enum Kind { $($kind,)* }

        impl Kind {
            /// Every workload.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// What it is called.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// How often its batch is sent where nothing else is said.
            pub fn batches(self) -> u64 {
                match self { $(Self::$kind => $batches,)* }
            }

            /// Its batch. Every call builds it anew, with the same values.
            pub fn batch(self) -> RecordBatch {
                match self { $(Self::$kind => $batch,)* }
            }

            fn compression(self) -> Option<Compression> {
                match self { $(Self::$kind => $compression,)* }
            }
        }
    };
}

const LZ4: Option<Compression> = Some(Compression::Lz4Frame);
const ZSTD: Option<Compression> = Some(Compression::Zstd { level: 1 });

kinds! {
    "large"  Large    512   columns::int64(131_072, 4), None;
    "medium" Medium   4_096 columns::int64(16_384, 4), None;
    "small"  Small   32_768 columns::int64(1_024, 4), None;
    "tiny"   Tiny    65_536 columns::int64(16, 4), None;
    "wide"   Wide       128 columns::int64(1_024, 1_000), None;
    "strings" Strings   128 columns::strings(65_536, 4), None;
    "dictionary" Dictionary 256 columns::dictionaries(65_536, 4, 1_000), None;
    "nested" Nested     256 columns::nested(16_384), None;
    "lz4"    Lz4         64 columns::scattered(131_072, 4, 1_000), LZ4;
    "zstd"   Zstd        64 columns::scattered(131_072, 4, 1_000), ZSTD;
    "one"    One          1 columns::one(), None;
}

impl Kind {
    /// How its batches are put into messages: one batch, one message, however large.
    pub fn encode_options(self) -> EncodeOptions {
        EncodeOptions::default()
            .with_message_size(MessageSize::Whole)
            .with_compression(self.compression())
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, batches) = match text.split_once(':') {
            Some((name, batches)) => (name, Some(batches)),
            None => (text, None),
        };
        let Some(&kind) = Kind::ALL.iter().find(|kind| kind.name() == name) else {
            let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            return Err(format!("no workload {name:?}, expected one of {}", names.join(", ")));
        };
        let batches = match batches {
            Some(text) => text.parse().map_err(|_| format!("{text:?} is no number of batches"))?,
            None => kind.batches(),
        };
        Ok(Self { kind, batches })
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.batches)
    }
}
