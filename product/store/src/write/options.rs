//! How a file is written: compression, row groups, text dialect.

use std::fmt;
use std::str::FromStr;

/// How the bodies of a file are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Uncompressed,
    /// Snappy; Parquet only.
    Snappy,
    /// Gzip with the library's default level; Parquet only.
    Gzip,
    /// LZ4: raw blocks in Parquet, frames in Arrow IPC.
    Lz4,
    /// Zstandard with a level of 1 to 22.
    Zstd(i32),
}

/// The Zstandard level used where none is named: the library's own default.
const ZSTD_LEVEL: i32 = 3;

impl Compression {
    /// Zstandard at its default level.
    pub const ZSTD: Self = Self::Zstd(ZSTD_LEVEL);
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uncompressed => f.write_str("none"),
            Self::Snappy => f.write_str("snappy"),
            Self::Gzip => f.write_str("gzip"),
            Self::Lz4 => f.write_str("lz4"),
            Self::Zstd(level) => write!(f, "zstd:{level}"),
        }
    }
}

/// A compression that could not be read from text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown compression {found:?}, expected none, snappy, gzip, lz4, zstd or zstd:LEVEL with a \
     level of 1 to 22"
)]
pub struct UnknownCompression {
    found: String,
}

impl FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownCompression { found: text.to_owned() };
        match text.to_ascii_lowercase().as_str() {
            "none" | "uncompressed" => Ok(Self::Uncompressed),
            "snappy" => Ok(Self::Snappy),
            "gzip" => Ok(Self::Gzip),
            "lz4" => Ok(Self::Lz4),
            "zstd" => Ok(Self::ZSTD),
            other => {
                let level = other.strip_prefix("zstd:").ok_or_else(unknown)?;
                match level.parse() {
                    Ok(level @ 1..=22) => Ok(Self::Zstd(level)),
                    _ => Err(unknown()),
                }
            }
        }
    }
}

/// Settings of a [`FileWriter`](crate::FileWriter). The default suits most data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Compression of the data; `None` is the format's default: Zstandard for Parquet, none for
    /// Arrow IPC (so that readers can map the file). Text formats have [`gzip`](Self::gzip).
    pub compression: Option<Compression>,
    /// The most rows in one Parquet row group, at least 1.
    pub row_group_rows: usize,
    /// The most encoded bytes in one Parquet row group, at least 1. This also bounds the
    /// writer's memory. Soft: a row group ends at the first row behind it.
    pub row_group_bytes: usize,
    /// The byte between two CSV fields.
    pub delimiter: u8,
    /// Whether CSV or NDJSON text is gzipped.
    pub gzip: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            compression: None,
            // 1 Mi rows is what most engines write and plan their work by.
            row_group_rows: 1 << 20,
            // The writer holds one row group in memory, and a server may serve many uploads.
            row_group_bytes: 64 << 20,
            delimiter: b',',
            gzip: false,
        }
    }
}

impl WriteOptions {
    /// Sets the compression.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Sets the most rows in a row group; 0 counts as 1.
    #[must_use]
    pub fn with_row_group_rows(mut self, rows: usize) -> Self {
        self.row_group_rows = rows.max(1);
        self
    }

    /// Sets the most encoded bytes in a row group; 0 counts as 1.
    #[must_use]
    pub fn with_row_group_bytes(mut self, bytes: usize) -> Self {
        self.row_group_bytes = bytes.max(1);
        self
    }

    /// Sets the byte between two CSV fields.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Sets whether text is gzipped.
    #[must_use]
    pub fn with_gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressions_read_back_as_they_are_shown() {
        for (text, expected) in [
            ("none", Compression::Uncompressed),
            ("snappy", Compression::Snappy),
            ("gzip", Compression::Gzip),
            ("LZ4", Compression::Lz4),
            ("zstd", Compression::Zstd(3)),
            ("zstd:22", Compression::Zstd(22)),
        ] {
            let parsed: Compression = text.parse().unwrap();
            assert_eq!(parsed, expected);
            assert_eq!(parsed.to_string().parse::<Compression>().unwrap(), parsed);
        }
        for text in ["", "zstd:0", "zstd:23", "zstd:", "brotli"] {
            let error = text.parse::<Compression>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
