//! The file formats, told apart by the ends of their names.

use std::fmt;
use std::str::FromStr;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet: `.parquet`, `.pq`.
    Parquet,
    /// Arrow IPC file: `.arrow`, `.feather`, `.ipc`.
    Arrow,
    /// Arrow IPC stream: `.arrows`.
    ArrowStream,
    /// Comma-separated values: `.csv`; tab-separated: `.tsv`. Each also with `.gz`.
    Csv,
    /// One JSON object a line: `.ndjson`, `.jsonl`. Each also with `.gz`.
    Ndjson,
}

/// Every ending that names a format, longest first.
const ENDINGS: &[(&str, Format)] = &[
    (".ndjson.gz", Format::Ndjson),
    (".jsonl.gz", Format::Ndjson),
    (".parquet", Format::Parquet),
    (".feather", Format::Arrow),
    (".csv.gz", Format::Csv),
    (".tsv.gz", Format::Csv),
    (".ndjson", Format::Ndjson),
    (".arrows", Format::ArrowStream),
    (".arrow", Format::Arrow),
    (".jsonl", Format::Ndjson),
    (".ipc", Format::Arrow),
    (".csv", Format::Csv),
    (".tsv", Format::Csv),
    (".pq", Format::Parquet),
];

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] =
        [Self::Parquet, Self::Arrow, Self::ArrowStream, Self::Csv, Self::Ndjson];

    /// Splits a file name into its stem and its ending: `a.csv.gz` is `a`, `.csv.gz`, CSV.
    ///
    /// `None` where the ending names no format, or nothing is left in front of it.
    #[must_use]
    pub fn split_name(name: &str) -> Option<(&str, &str, Self)> {
        ENDINGS.iter().find_map(|&(ending, format)| {
            let at = name.len().checked_sub(ending.len()).filter(|&at| at > 0)?;
            let tail = name.get(at..)?;
            tail.eq_ignore_ascii_case(ending).then(|| (&name[..at], tail, format))
        })
    }

    /// The format of an extension, with or without its leading dot: `parquet`, `.csv.gz`.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        let bare = extension.strip_prefix('.').unwrap_or(extension);
        ENDINGS
            .iter()
            .find(|(ending, _)| ending[1..].eq_ignore_ascii_case(bare))
            .map(|&(_, format)| format)
    }

    /// The name by which options and replies call it: `parquet`, `arrow`, `arrows`, `csv`,
    /// `ndjson`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::ArrowStream => "arrows",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// The extension under which the store writes it, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.name()
    }

    /// Whether the format is text, and so carries no schema of its own.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Ndjson)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("unknown format {name:?}, known are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_at_the_longest_ending() {
        assert_eq!(Format::split_name("a.csv.gz"), Some(("a", ".csv.gz", Format::Csv)));
        assert_eq!(Format::split_name("a.b.parquet"), Some(("a.b", ".parquet", Format::Parquet)));
        assert_eq!(Format::split_name("A.CSV"), Some(("A", ".CSV", Format::Csv)));
        assert_eq!(Format::split_name(".csv"), None);
        assert_eq!(Format::split_name("a.txt"), None);
        assert_eq!(Format::split_name("é.csv"), Some(("é", ".csv", Format::Csv)));
    }

    #[test]
    fn every_format_is_found_by_its_own_extension_and_name() {
        for format in Format::ALL {
            assert_eq!(Format::from_extension(format.extension()), Some(format));
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("xls".parse::<Format>().unwrap_err().contains("parquet"));
    }
}
